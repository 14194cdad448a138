"""The numbers of this measurement that the competition's pages name."""

from typing import Any

from higgs_challenge.tasks.higgs.data.official_reader import DOI, HIDDEN_SHARE
from higgs_challenge.tasks.higgs.events import columns, selection


def page_numbers() -> dict[str, Any]:
    """Collect the yields, columns, thresholds (GeV) and the source of the official data."""
    from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS  # compiles; a run does not need it

    return {
        "doi": DOI,
        "yields": NOMINAL_YIELDS,
        "total_yield": sum(NOMINAL_YIELDS.values()),
        "hidden_percent": 100 * HIDDEN_SHARE,
        "num_primary": len(columns.PRIMARY),
        "num_derived": len(columns.DERIVED),
        "num_columns": len(columns.OFFICIAL_COLUMNS),
        "missing": columns.MISSING,
        "tau_threshold": selection.TAU_THRESHOLD,
        "lepton_threshold": selection.LEPTON_THRESHOLD,
        "jet_threshold": selection.JET_THRESHOLD,
    }
