"""The tables of the report on synthetic data."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from markupsafe import Markup

from higgs_challenge.tasks.higgs.events.columns import MISSING
from higgs_tools.validation.agreement import Quality
from higgs_tools.validation.checks import Check
from higgs_tools.validation.comparison_verdict import number, signed, significant
from higgs_tools.validation.findings import Findings
from higgs_tools.validation.fragments import details, table
from higgs_tools.validation.regions import column, region_masks
from higgs_tools.validation.responses import response_pull
from higgs_tools.validation.samples import Sample, Synthetic
from higgs_tools.validation.targets import INCLUSIVE, LEVELS, QUANTILES, REGION_YIELDS


def check_table(checks: Sequence[Check]) -> Markup:
    """Make the tables of all checks, by subject and process, those with a failure unfolded.

    Args:
        checks: all of them.

    Returns:
        HTML.
    """
    ordered = sorted(checks, key=lambda check: check.subject)
    groups = [(subject, list(group)) for subject, group in groupby(ordered, key=lambda check: check.subject)]
    return Markup("").join(_check_group(subject, group) for subject, group in groups)


def _check_group(subject: str, checks: Sequence[Check]) -> Markup:
    failed = sum(not check.passed for check in checks)
    summary = f"{subject}: {len(checks) - failed} of {len(checks)} pass"
    heads = ("Process", "Number", "Official", "Error", "Synthetic", "Pull", "Deviation", "Tolerance", "Result")
    rows = ((_check_cells(check), not check.passed) for check in checks)
    return details(summary, table(heads, rows, texts=2), unfolded=failed > 0)


def _check_cells(check: Check) -> tuple[str, ...]:
    real, error, synthetic, pull = check.comparison
    return (
        check.process,
        check.name.replace(">=", "≥"),
        significant(real),
        significant(error, 2),
        significant(synthetic),
        signed(pull),
        f"{signed(check.deviation)} {check.unit}",
        f"{check.limit:g} {check.unit}",
        "passed" if check.passed else "failed",
    )


def yield_table(checks: Sequence[Check]) -> Markup:
    """Make the table of a process's yields by region.

    Args:
        checks: of its region yields.

    Returns:
        HTML.
    """
    heads = ("Events at 10 fb⁻¹", "Official", "Synthetic", "Error", "Deviation", "Tolerance")
    rows = ((_yield_cells(check), not check.passed) for check in checks)
    return table(heads, rows)


def _yield_cells(check: Check) -> tuple[str, ...]:
    real, error, synthetic, _ = check.comparison
    return (
        check.name.replace(">=", "≥"),
        f"{real:,.2f}".replace(",", "\u202f"),
        f"{synthetic:,.2f}".replace(",", "\u202f"),
        significant(error, 2),
        f"{signed(check.deviation)} %",
        f"{check.limit:g} %",
    )


def quality_table(qualities: Sequence[Quality]) -> Markup:
    """Make the table of how well parts of the real rows are described.

    Args:
        qualities: of the parts.

    Returns:
        HTML.
    """
    heads = ("Part", "Rows", "Quantiles beyond 3 σ", "r.m.s. pull", "Largest pull", "Smallest p", "AUC")
    note = Markup(
        "<p>Quantiles at 10, 50 and 90 % of the columns of the check table: the root mean square of their pulls is "
        "about 1 if both samples have the same distribution. p is from the Kolmogorov-Smirnov test, AUC is the area "
        "under the ROC curve of boosted trees trained to tell real from synthetic rows.</p>\n"
    )
    return note + table(heads, ((_quality_cells(quality), False) for quality in qualities))


def _quality_cells(quality: Quality) -> tuple[str, ...]:
    pulls, separation = np.array(list(quality.pulls.values())), quality.separation
    area = "–" if separation is None else f"{separation.auc:.3f} ± {separation.error:.3f}"
    if not quality.pulls:
        return (quality.part, number(quality.rows), "–", "–", "–", "–", area)
    farthest = max(quality.pulls, key=lambda name: abs(quality.pulls[name]))
    smallest = min(quality.p_values, key=lambda name: quality.p_values[name])
    return (
        quality.part,
        number(quality.rows),
        f"{int((np.abs(pulls) > 3).sum())} of {pulls.size}",
        f"{np.sqrt((pulls**2).mean()):.2f}",
        f"{signed(quality.pulls[farthest])} ({farthest})",
        f"{quality.p_values[smallest]:.2g} ({smallest}), of {len(quality.p_values)}",
        area,
    )


def response_table(one: Findings) -> Markup:
    """Make the table of how yields respond to nuisance parameters.

    Args:
        one: findings of a process.

    Returns:
        HTML; the real rows' response is shown where a region has enough of them for a check.
    """
    shown = {check.name for check in one.checks if check.subject == "Nuisance response"}
    heads = ("Change in %", *map(str, one.responses))
    rows: list[tuple[Sequence[str], bool]] = []
    for region in REGION_YIELDS:
        rows.append(((region.replace(">=", "≥"), *_synthetic_cells(one, region)), False))
        if any(name.endswith(f", {region}") for name in shown):
            rows.append((("real rows", *_real_cells(one, region)), False))
    return details("All regions", table(heads, rows))


def _synthetic_cells(one: Findings, region: str) -> list[str]:
    responses = [regions.get(region) for regions in one.responses.values()]
    return ["–" if response is None else signed(100 * response.change, 2) for response in responses]


def _real_cells(one: Findings, region: str) -> list[str]:
    cells = []
    for variation, regions in one.real_responses.items():
        real, synthetic = regions[region], one.responses[variation][region]
        pull = signed(response_pull(real, synthetic))
        cells.append(f"{signed(100 * real.change, 2)} ± {100 * real.error:.2f} ({pull} σ)")
    return cells


def unphysical_table(counts: Mapping[str, int]) -> Markup:
    """Make the table of how many synthetic rows break each rule.

    Args:
        counts: rows that break each rule.

    Returns:
        HTML.
    """
    rows = (((rule, number(count)), count > 0) for rule, count in counts.items())
    broken, content = sum(counts.values()), table(("Rule", "Rows that break it"), rows)
    return details(f"{number(broken)} rows", content, unfolded=broken > 0)


def particle_table(synthetic: Synthetic, particle: Sample) -> Markup:
    """Compare region shares and quantiles of particle-level events after our detector step with the synthetic ones.

    Args:
        synthetic: events of a process.
        particle: other events of it.

    Returns:
        HTML.
    """
    heads = ("", "Synthetic", "Particle level", "Ratio")
    features = particle.selected[0]
    rows = []
    for region, mask in region_masks(features).items():
        if region != INCLUSIVE:
            ours = 100 * synthetic.counts[region] / synthetic.counts[INCLUSIVE]
            rows.append(_beside(f"{region.replace('>=', '≥')}, % of selected", ours, 100 * float(mask.mean())))
    for name in QUANTILES:
        values = [column(sample.features, name) for sample in (synthetic.sample, particle)]
        for level in LEVELS:
            ours, theirs = (float(np.quantile(one[one != MISSING], level)) for one in values)
            rows.append(_beside(f"{name}, {100 * level:.0f} %", ours, theirs))
    return details("Region shares and quantiles", table(heads, rows))


def _beside(name: str, ours: float, theirs: float) -> tuple[tuple[str, ...], bool]:
    ratio = "–" if theirs == 0 else f"{ours / theirs:.3f}"
    return (name, significant(ours), significant(theirs), ratio), False
