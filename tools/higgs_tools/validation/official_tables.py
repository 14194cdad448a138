"""The report's tables of official numbers of full statistics: acceptance and jets, moments, responses."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from higgs_challenge.tasks.higgs.events.columns import FEATURES, HAD_PT, N_JETS
from higgs_challenge.tasks.higgs.events.selection import TAU_THRESHOLD
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS
from higgs_tools.validation.compare import compare_fraction
from higgs_tools.validation.comparison_verdict import signed, significant
from higgs_tools.validation.findings import Findings, MomentFinding
from higgs_tools.validation.fragments import details, table
from higgs_tools.validation.moments import OfficialMoments, Shifts
from higgs_tools.validation.official_checks import jet_shares
from higgs_tools.validation.responses import VARIATIONS, response_pull
from higgs_tools.validation.samples import Sample
from higgs_tools.validation.targets import INCLUSIVE, JET_SHARES, REGION_YIELDS, Rounded


def share_table(one: Findings) -> Markup:
    """Make the table of the share that the selection keeps and of the shares with 0, 1, 2, ... jets.

    Args:
        one: findings on a process.

    Returns:
        HTML.
    """
    names = list(one.samples)
    heads = ("Share of events", "Official", "Synthetic", "Synthetic / official", *names)
    shares = JET_SHARES[one.process]
    official = [REGION_YIELDS[INCLUSIVE][one.process] / NOMINAL_YIELDS[one.process], *shares]
    synthetic = [one.synthetic.counts[INCLUSIVE] / one.synthetic.total, *_jets(one.synthetic.sample, len(shares))[0]]
    real = [_real_shares(one.samples[name], len(shares)) for name in names]
    labels = ["kept by the selection", *(f"{jets} jets" for jets in range(len(shares)))]
    rows = [
        (
            (label, f"{expected:.4f}", f"{found:.4f}", f"{found / expected:.3f}", *(cells[place] for cells in real)),
            False,
        )
        for place, (label, expected, found) in enumerate(zip(labels, official, synthetic, strict=True))
    ]
    note = Markup(
        "<p>Shares of jets are before the selection, of the events with at most {} jets. Official: the published "
        "yields, and histograms of the official file. Beside them the shares of the real rows.</p>\n"
    )
    return note.format(len(shares) - 1) + table(heads, rows)


def _real_shares(sample: Sample, numbers: int) -> list[str]:
    kept = sample.rows[:, HAD_PT] >= TAU_THRESHOLD
    shares, total = _jets(sample, numbers)
    values = [(float(kept.mean()), len(kept)), *((share, total) for share in shares)]
    errors = (compare_fraction(Rounded(share, 0.0), rows, share).error for share, rows in values)
    return [f"{share:.4f} ± {error:.4f}" for (share, _), error in zip(values, errors, strict=True)]


def _jets(sample: Sample, numbers: int) -> tuple[list[float], float]:
    return jet_shares(sample.rows[:, N_JETS], numbers)


def moment_table(found: Sequence[MomentFinding]) -> Markup:
    """Make the tables of means and widths of every column, and their distances from the official ones.

    Args:
        found: of some regions.

    Returns:
        HTML.
    """
    return Markup("").join(_moments_of(*one) for one in found)


def _moments_of(official: OfficialMoments, shifts: Shifts) -> Markup:
    heads = ("Column", "Official mean", "Official s.d.", "Shift, s.d.", "Pull", "Width, synthetic / official", "Pull")
    mean, deviation = official.moments.mean, np.sqrt(official.moments.variance)
    rows = [
        (
            (
                feature,
                significant(float(mean[place])),
                significant(float(deviation[place])),
                f"{signed(shifts.shift[place], 3)} ± {shifts.shift_error[place]:.3f}",
                signed(shifts.shift[place] / shifts.shift_error[place]),
                f"{shifts.width[place]:.3f} ± {shifts.width_error[place]:.3f}",
                signed((shifts.width[place] - 1) / shifts.width_error[place]),
            ),
            False,
        )
        for place, feature in enumerate(FEATURES)
    ]
    summary = f"{' + '.join(official.processes)}, {official.region.replace('>=', '≥')}: all columns"
    return details(summary, table(heads, rows))


def response_table(one: Findings) -> Markup:
    """Make the table of how yields respond to nuisance parameters.

    Args:
        one: findings of a process.

    Returns:
        HTML; the real rows' response is shown where a region has enough of them for a check.
    """
    shown = {check.name for check in one.checks if check.subject == "Nuisance response"}
    heads = ("Change in %", *map(str, VARIATIONS))
    rows: list[tuple[Sequence[str], bool]] = []
    for region in REGION_YIELDS:
        rows.append(((region.replace(">=", "≥"), *_synthetic_cells(one, region)), False))
        for official in one.official_responses:
            if official.region == region:
                cells = [signed(100 * official.changes[variation], 2) for variation in VARIATIONS]
                rows.append((("official", *cells), False))
        if any(name.endswith(f", {region}") for name in shown):
            rows.append((("real rows", *_real_cells(one, region)), False))
    return details("All regions", table(heads, rows))


def _synthetic_cells(one: Findings, region: str) -> list[str]:
    responses = [one.responses[variation].get(region) for variation in VARIATIONS]
    return [
        "–" if response is None else f"{signed(100 * response.change, 2)} ± {100 * response.error:.2f}"
        for response in responses
    ]


def _real_cells(one: Findings, region: str) -> list[str]:
    cells = []
    for variation, regions in one.real_responses.items():
        real, synthetic = regions[region], one.responses[variation][region]
        pull = signed(response_pull(real, synthetic))
        cells.append(f"{signed(100 * real.change, 2)} ± {100 * real.error:.2f} ({pull} σ)")
    return cells
