"""The tables of the report on synthetic data."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
from markupsafe import Markup

from higgs_tools.validation.agreement import Quality
from higgs_tools.validation.checks import Check
from higgs_tools.validation.comparison_verdict import number, signed, significant
from higgs_tools.validation.fragments import details, table
from higgs_tools.validation.regions import region_masks
from higgs_tools.validation.samples import Sample
from higgs_tools.validation.synthetic import Synthetic
from higgs_tools.validation.targets import INCLUSIVE, LEVELS, QUANTILES

TELLING = 4
"""How many of the columns that tell real from synthetic rows are named."""


def check_table(checks: Sequence[Check]) -> Markup:
    """Make the tables of all checks by subject, those with a failure unfolded and their failures first.

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
    rows = ((_check_cells(check), not check.passed) for check in sorted(checks, key=lambda check: check.passed))
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
        f"{signed(check.deviation, _digits(check))} {check.unit}",
        f"{check.limit:.3g} {check.unit}",
        "passed" if check.passed else "failed",
    )


def _digits(check: Check) -> int:
    return 3 if 0 < check.limit < 1 else 1


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
    heads = ("Sample", "Part", "Rows", "Quantiles beyond 3 σ", "r.m.s. pull", "Largest pull", "Smallest p")
    note = Markup(
        "<p>Quantiles at 10, 50 and 90 % of the columns of the check table: the root mean square of their pulls is "
        "about 1 if both samples have the same distribution. p is from the Kolmogorov-Smirnov test. Of the rows of "
        "2024-07 nothing is known of the subleading jet.</p>\n"
    )
    return note + table(heads, ((_quality_cells(quality), False) for quality in qualities), texts=2)


def _quality_cells(quality: Quality) -> tuple[str, ...]:
    pulls, named = np.array(list(quality.pulls.values())), (quality.sample, quality.part, number(quality.rows))
    if not quality.pulls:
        return (*named, "–", "–", "–", "–")
    farthest = max(quality.pulls, key=lambda name: abs(quality.pulls[name]))
    smallest = min(quality.p_values, key=lambda name: quality.p_values[name])
    return (
        *named,
        f"{int((np.abs(pulls) > 3).sum())} of {pulls.size}",
        f"{np.sqrt((pulls**2).mean()):.2f}",
        f"{signed(quality.pulls[farthest])} ({farthest})",
        f"{quality.p_values[smallest]:.2g} ({smallest}), of {len(quality.p_values)}",
    )


def separation_table(qualities: Sequence[Quality]) -> Markup:
    """Make the table of how well a classifier tells parts of the real rows from synthetic ones, and by what.

    Args:
        qualities: of the parts, of which those with too few rows are left out.

    Returns:
        HTML.
    """
    heads = ("Sample", "Part", "Most telling columns", "Columns", "Rows", "AUC")
    note = Markup(
        "<p>AUC is the area under the ROC curve of boosted trees trained to tell real from synthetic rows and tested "
        "on others: 0.5 where they cannot. The most telling columns are those that cost it most area when they are "
        "shuffled, with that loss; columns that say the same share it.</p>\n"
    )
    rows = [
        (
            (quality.sample, quality.part, _telling(quality), str(len(quality.columns)), number(quality.rows), area),
            False,
        )
        for quality, area in _areas(qualities)
    ]
    return note + table(heads, rows, texts=3)


def _areas(qualities: Sequence[Quality]) -> Iterator[tuple[Quality, str]]:
    for quality in qualities:
        if quality.separation is not None:
            yield quality, f"{quality.separation.auc:.3f} ± {quality.separation.error:.3f}"


def _telling(quality: Quality) -> str:
    return ", ".join(f"{name} {loss:.3f}" for name, loss in quality.most_telling(TELLING))


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
        values = [sample.defined(name)[0] for sample in (synthetic.sample, particle)]
        for level in LEVELS:
            ours, theirs = (float(np.quantile(one, level)) for one in values)
            rows.append(_beside(f"{name}, {100 * level:.0f} %", ours, theirs))
    return details("Region shares and quantiles", table(heads, rows))


def _beside(name: str, ours: float, theirs: float) -> tuple[tuple[str, ...], bool]:
    ratio = "–" if theirs == 0 else f"{ours / theirs:.3f}"
    return (name, significant(ours), significant(theirs), ratio), False
