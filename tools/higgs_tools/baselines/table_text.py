"""What is said below the table of methods: what was run where, and what the columns mean."""

from collections.abc import Sequence

from higgs_challenge.number_formats import count
from higgs_scoring.dependence import MAX_PULL
from higgs_scoring.metrics import allowed_coverage
from higgs_scoring.number_formats import number
from higgs_scoring.ranking import BEATS, Ranking
from higgs_tools.baselines.result_file import Events, Machine, ResultFile

SHORT = 10
"""Digits of a commit that are shown."""

TOO_FREE = 0.2
"""Width of the coverages without penalty above which the table says so: that of fewer than 90 pseudo-experiments."""


def describe_setting(results: Sequence[ResultFile], ranking: Ranking) -> list[str]:
    """Return sentences on runs of the same pseudo-experiments.

    Args:
        results: of the runs.
        ranking: of their methods.
    """
    plan = results[0].plan
    return [
        f"{count(plan.sets, 'set')} of {count(plan.pseudo_experiments, 'pseudo-experiment')}, phase {plan.phase}, "
        f"seed {plan.seed}; {_events(results[0].events)}.",
        f"Machine: {_joined([_machine(result.machine) for result in results])}. "
        f"Commit: {_joined([_commit(result) for result in results])}.",
        *_free_coverage(plan.sets * plan.pseudo_experiments),
        *_tie_rule(ranking),
        _error_rule(results),
        "The width before the cut at the range of mu is twice the mean delta_mu_hat. "
        f"Pulls beyond {MAX_PULL:.0f} count as {MAX_PULL:.0f}. Flat coverage is the smallest of the p-values for a "
        "coverage that is the same at all values of mu, and of each nuisance parameter. The expected width is what the "
        "method itself says in fit, before any cut. fit() is the time of one fit, predict() the median time of one "
        "prediction. Order says how many predictions were the same when a fresh process repeated them.",
    ]


def make_command(result: ResultFile) -> str:
    """Return the command that runs the same plan on the same store."""
    plan, events = result.plan, result.events
    words = {
        "STORE": events.store or "FOLDER",
        "PHASE": plan.phase,
        "SETS": plan.sets,
        "PSEUDO_EXPERIMENTS": plan.pseudo_experiments,
        "SEED": plan.seed,
    }
    fresh = " FRESH=yes" if events.fresh else ""
    return f"make baselines {' '.join(f'{name}={value}' for name, value in words.items())}{fresh}"


def _events(events: Events) -> str:
    depths = [
        f"{part} part {number(depth)} pseudo-experiments deep"
        for part, depth in (("hidden", events.hidden_depth), ("training", events.training_depth))
        if depth is not None
    ]
    return " ".join([events.source, *([f"({', '.join(depths)})"] if depths else [])])


def _machine(machine: Machine) -> str:
    devices = [count(machine.cores, "core"), *machine.gpus]
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return f"{machine.processor}, {', '.join(devices)}; {versions}"


def _commit(result: ResultFile) -> str:
    commit = result.source.commit
    return "unknown" if commit is None else f"{commit[:SHORT]}{' with changes' if result.source.is_changed else ''}"


def _joined(texts: Sequence[str]) -> str:
    """Return different texts, each once."""
    return " or ".join(dict.fromkeys(texts))


def _free_coverage(number: int) -> list[str]:
    """Say so where nearly any coverage is free of penalty, so that the ranking follows the width alone."""
    lowest, highest = allowed_coverage(number)
    if highest - lowest < TOO_FREE:
        return []
    free = f"{max(lowest, 0):.0%} to {min(highest, 1):.0%}"
    return [f"So few pseudo-experiments say little of coverage: any from {free} is free of penalty."]


def _tie_rule(ranking: Ranking) -> list[str]:
    if len(ranking.order) == 1:
        return []
    return [
        "A rank is one more than the number of methods that are better; = marks one that several share. One method "
        f"is better than another with the larger quantile score in more than {100 * BEATS:.1f} % of the resamples, "
        "the same for both."
    ]


def _error_rule(results: Sequence[ResultFile]) -> str:
    units = "sets" if results[0].plan.sets > 1 else "pseudo-experiments"
    spread = "; (spread) the standard deviation over trainings with different seeds, whose mean is shown"
    return f"± is the standard error from resampled {units}{spread if _has_trainings(results) else ''}."


def _has_trainings(results: Sequence[ResultFile]) -> bool:
    return len({result.identity.method for result in results}) < len(results)
