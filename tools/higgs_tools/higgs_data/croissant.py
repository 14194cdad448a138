"""The Croissant description of a data set, from which tools that know the format can load it.

The format is https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html, JSON-LD that needs no library to write.
"""

from datetime import UTC, datetime
from typing import Any

from higgs_challenge.tasks.higgs.events.columns import OFFICIAL_COLUMNS

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
PROJECT = "Higgs uncertainty challenge"
PAPER = "https://arxiv.org/abs/2410.02867"

COLUMN_DESCRIPTIONS = {
    "PRI_lep_pt": "transverse momentum of the electron or muon, in GeV",
    "PRI_lep_eta": "pseudorapidity of the electron or muon",
    "PRI_lep_phi": "azimuth of the electron or muon, in rad",
    "PRI_had_pt": "transverse momentum of the tau that decayed to hadrons, in GeV",
    "PRI_had_eta": "pseudorapidity of the hadronic tau",
    "PRI_had_phi": "azimuth of the hadronic tau, in rad",
    "PRI_jet_leading_pt": "transverse momentum of the jet that has most of it, in GeV; -25 without a jet",
    "PRI_jet_leading_eta": "pseudorapidity of the leading jet; -25 without a jet",
    "PRI_jet_leading_phi": "azimuth of the leading jet, in rad; -25 without a jet",
    "PRI_jet_subleading_pt": "transverse momentum of the second jet, in GeV; -25 without a second jet",
    "PRI_jet_subleading_eta": "pseudorapidity of the second jet; -25 without a second jet",
    "PRI_jet_subleading_phi": "azimuth of the second jet, in rad; -25 without a second jet",
    "PRI_n_jets": "number of jets",
    "PRI_jet_all_pt": "sum of the transverse momenta of all jets, in GeV",
    "PRI_met": "missing transverse momentum, in GeV",
    "PRI_met_phi": "azimuth of the missing transverse momentum, in rad",
    "weights": "how many events at 10 inverse femtobarns the row stands for",
    "detailed_labels": "the process: htautau, ztautau, diboson or ttbar",
    "labels": "1 for the signal, htautau, and 0 for every background",
    "DER_mass_transverse_met_lep": "transverse mass of missing momentum and lepton, in GeV",
    "DER_mass_vis": "invariant mass of lepton and hadronic tau, in GeV",
    "DER_pt_h": "transverse momentum of lepton, hadronic tau and missing momentum together, in GeV",
    "DER_deltaeta_jet_jet": "distance of the two jets in pseudorapidity; -25 without a second jet",
    "DER_mass_jet_jet": "invariant mass of the two jets, in GeV; -25 without a second jet",
    "DER_prodeta_jet_jet": "product of the two jets' pseudorapidities; -25 without a second jet",
    "DER_deltar_had_lep": "distance of hadronic tau and lepton in pseudorapidity and azimuth",
    "DER_pt_tot": "transverse momentum of lepton, hadronic tau, missing momentum and the two jets together, in GeV",
    "DER_sum_pt": "sum of the transverse momenta of lepton, hadronic tau and all jets, in GeV",
    "DER_pt_ratio_lep_had": "transverse momentum of the lepton, divided by the hadronic tau's",
    "DER_met_phi_centrality": "where the missing momentum points, between hadronic tau and lepton",
    "DER_lep_eta_centrality": "where the lepton is in pseudorapidity, between the two jets; -25 without a second jet",
}

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The terms of Croissant 1.0, as its specification prescribes them."""


def describe_file(parquet: str, size: int, sha256: str, source: str) -> dict[str, Any]:
    """Describe a parquet file of the official layout.

    Args:
        parquet: the file's name; the description is to lie beside it.
        size: in bytes.
        sha256: of its content, hexadecimal.
        source: where the events come from.

    Returns:
        The description, to be written as JSON.
    """
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "higgs-uncertainty-challenge-events",
        "description": f"Labelled proton collisions with a lepton and a hadronic tau: {source}. "
        "The columns are those of the FAIR Universe HiggsML data.",
        "version": "1.0.0",
        "datePublished": datetime.now(UTC).date().isoformat(),
        "url": PAPER,
        "license": LICENCE,
        "creator": {"@type": "sc:Organization", "name": PROJECT},
        "citeAs": f"FAIR Universe HiggsML Uncertainty Challenge, {PAPER}",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": parquet,
                "name": parquet,
                "contentUrl": parquet,
                "contentSize": f"{size} B",
                "encodingFormat": "application/x-parquet",
                "sha256": sha256,
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "events",
                "name": "events",
                "description": "One row an event.",
                "field": [_field(name, parquet) for name in OFFICIAL_COLUMNS],
            }
        ],
    }


def _field(column: str, parquet: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"events/{column}",
        "name": column,
        "description": COLUMN_DESCRIPTIONS[column],
        "dataType": "sc:Text" if column == "detailed_labels" else "sc:Float",
        "source": {"fileObject": {"@id": parquet}, "extract": {"column": column}},
    }
