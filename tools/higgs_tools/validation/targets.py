"""Published numbers of the official data that synthetic events are held against, each with where it comes from.

All are rounded as printed there; `Rounded` remembers how far the true number may lie from what is printed.
"""

from typing import NamedTuple


class Rounded(NamedTuple):
    """A printed number and half of its last digit, in the unit of the number."""

    value: float
    half_digit: float


def rounded(text: str) -> Rounded:
    """Read a printed number.

    Args:
        text: digits with or without sign and point.

    Returns:
        The number and half of its last digit.

    Example:
        >>> rounded("34.2")
        Rounded(value=34.2, half_digit=0.05)
    """
    return Rounded(float(text), 0.5 * 10.0 ** -len(text.partition(".")[2]))


INCLUSIVE = "inclusive"

REGION_YIELDS: dict[str, dict[str, float]] = {
    region: dict(zip(("htautau", "ztautau", "ttbar", "diboson"), yields, strict=True))
    for region, yields in {
        INCLUSIVE: (965.97, 901137.52, 41283.42, 3433.57),
        "mT < 70, VBF": (225.83, 41280.43, 15425.87, 313.36),
        "mT < 70, not VBF, pt < 100": (642.46, 837928.69, 3360.13, 1438.54),
        "mT < 70, not VBF, pt 100-200": (44.56, 15494.22, 622.36, 65.36),
        "mT < 70, not VBF, pt > 200": (12.42, 1885.56, 52.18, 13.69),
        "mT >= 70, VBF": (14.68, 721.70, 16768.56, 193.20),
        "mT >= 70, not VBF, pt < 100": (23.51, 3588.86, 4216.95, 1339.68),
        "mT >= 70, not VBF, pt 100-200": (2.03, 207.66, 780.23, 56.11),
        "mT >= 70, not VBF, pt > 200": (0.48, 30.40, 57.12, 13.63),
    }.items()
}
"""Expected events at 10 fb^-1 after the selection, nominal nuisance parameters: the sum of the weights of all rows of
the official file (doi:10.5281/zenodo.15131565). VBF: leading jet above 50 GeV and subleading above 30 GeV; mT is
DER_mass_transverse_met_lep, pt is DER_pt_h, both in GeV."""

SAMPLE_ROWS = {"htautau": 336, "ztautau": 634, "ttbar": 26}
"""Rows of each process in the official 1 000-row sample, which the numbers below come from, before any selection. Its
four diboson rows say nothing."""

JET_FRACTIONS: dict[str, tuple[Rounded, ...]] = {
    process: tuple(map(rounded, fractions.split()))
    for process, fractions in {
        "htautau": "0.30 0.32 0.20 0.11 0.04",
        "ztautau": "0.65 0.23 0.08 0.03 0.01",
        "ttbar": "0.00 0.08 0.19 0.35 0.31",
    }.items()
}
"""Share of the events with 0, 1, 2, 3, 4 jets; 1 000-row sample."""

JET_SHARES: dict[str, tuple[float, ...]] = {
    "htautau": (0.3265, 0.3061, 0.2195, 0.1063, 0.0416),
    "ztautau": (0.6598, 0.2332, 0.0809, 0.0261),
    "ttbar": (0.0085, 0.0859, 0.2509, 0.2923, 0.2095, 0.1084, 0.0445),
    "diboson": (0.4087, 0.3234, 0.1741, 0.0708, 0.0230),
}
"""Share of the events with 0, 1, 2, ... jets before the selection, among those with at most as many as are named here.
Read to 0.1 % of the highest from histograms of the official file's test parts (genHEPdata, 5 March 2025: 61 thousand
htautau, 60 million ztautau, 2.7 million ttbar and 0.2 million diboson rows)."""

LEVELS = (0.1, 0.5, 0.9)
"""The levels of the published quantiles."""

QUANTILES: dict[str, dict[str, tuple[Rounded, ...]]] = {
    column: {
        process: tuple(map(rounded, text.split()))
        for process, text in zip(("htautau", "ztautau", "ttbar"), texts, strict=True)
    }
    for column, texts in {
        "PRI_lep_pt": ("21.7 34.2 60.8", "21.2 27.7 40.4", "31 58 118"),
        "PRI_had_pt": ("29 46.7 75", "26 36.6 53", "32 41 86"),
        "PRI_met": ("9.9 27.9 63", "4.8 14.0 33", "23 54 123"),
        "DER_mass_vis": ("60 81.4 105", "53 67.9 83", "70 111 181"),
        "DER_mass_transverse_met_lep": ("2.7 15.3 56", "2.3 14.4 42", "36 86 135"),
        "DER_pt_h": ("13 40 147", "4.9 17.3 73", "29 85 146"),
        "DER_pt_tot": ("5.9 17.8 44", "4.3 13.3 28", "13 26 65"),
        "DER_deltar_had_lep": ("1.48 2.78 3.22", "1.91 3.01 3.29", "1.8 2.6 3.4"),
        "DER_met_phi_centrality": ("-1.37 1.13 1.41", "-1.41 0.85 1.41", "-1.38 -0.20 1.40"),
        "PRI_jet_leading_pt": ("27 57 160", "25 44 112", "59 112 149"),
        "PRI_jet_subleading_pt": ("27 41 85", "25 35 82", "43 64 102"),
        "DER_mass_jet_jet": ("52 175 608", "63 135 395", "90 184 553"),
    }.items()
}
"""10, 50 and 90 % quantiles of a column in GeV, rad or dimensionless, over the events where it is defined; 1 000-row
sample."""

RANK_CORRELATIONS: dict[tuple[str, str], dict[str, Rounded]] = {
    pair: {"htautau": rounded(htautau), "ztautau": rounded(ztautau)}
    for pair, (htautau, ztautau) in {
        ("PRI_met", "DER_pt_h"): ("0.55", "0.53"),
        ("PRI_n_jets", "DER_pt_h"): ("0.71", "0.68"),
        ("PRI_jet_leading_pt", "DER_pt_h"): ("0.82", "0.81"),
        ("PRI_met", "DER_mass_vis"): ("-0.35", "-0.15"),
        ("PRI_had_pt", "DER_mass_transverse_met_lep"): ("-0.06", "-0.25"),
    }.items()
}
"""Spearman's rank correlations of two columns over the events where both are defined; 1 000-row sample."""
