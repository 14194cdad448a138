"""Validate synthetic events: generate them, read the other samples, and compare process by process."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from higgs_challenge.execution.progress import Advance, show_progress
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS
from higgs_tools.validation.agreement import Quality, measure_parts
from higgs_tools.validation.checks import (
    Check,
    check_jet_fractions,
    check_quantiles,
    check_rank_correlations,
    check_responses,
    check_separation,
    check_unphysical,
    check_yields,
)
from higgs_tools.validation.regions import region_yields
from higgs_tools.validation.responses import Responses, measure_responses
from higgs_tools.validation.samples import Sample, Synthetic, make_synthetic
from higgs_tools.validation.targets import RANK_CORRELATIONS, SAMPLE_ROWS
from higgs_tools.validation.unphysical import count_unphysical

CORRELATED = {process for correlations in RANK_CORRELATIONS.values() for process in correlations}


@dataclass(frozen=True)
class Findings:
    """The findings on one process.

    Attributes:
        process: one of columns.PROCESSES.
        synthetic: the synthetic events.
        real: the real rows; None if there are none.
        particle: particle-level events after our detector step; None if there are none.
        checks: every number that has a limit.
        unphysical: for each rule the synthetic events that break it.
        responses: of the synthetic events to the nuisance parameters.
        real_responses: of the real rows; empty if there are none.
        qualities: of the parts of the real rows; empty if there are none.
    """

    process: str
    synthetic: Synthetic
    real: Sample | None
    particle: Sample | None
    checks: list[Check]
    unphysical: dict[str, int]
    responses: Responses
    real_responses: Responses
    qualities: list[Quality]


def validate(
    real: Mapping[str, Sample], particle: Mapping[str, Sample], events: Mapping[str, int], seed: int
) -> list[Findings]:
    """Compare synthetic events with published numbers and with other events.

    Args:
        real: real rows of each process, as far as there are any.
        particle: particle-level events after our detector step, if any.
        events: synthetic events to make of each process.
        seed: of everything drawn.

    Returns:
        The findings of each process.
    """
    synthetic = _make_all(events, seed)
    findings = []
    with show_progress("Comparing", len(PROCESSES), "processes") as advance:
        for process in PROCESSES:
            findings.append(_compare(process, synthetic[process], real.get(process), particle.get(process), seed))
            advance(len(findings))
    return findings


def _make_all(events: Mapping[str, int], seed: int) -> dict[str, Synthetic]:
    made: dict[str, Synthetic] = {}
    done = 0
    with show_progress("Generating", sum(events.values()), "events") as advance:
        for process in PROCESSES:
            made[process] = make_synthetic(process, seed, events[process], partial(_advance_from, advance, done))
            done += events[process]
    return made


def _advance_from(advance: Advance, before: int, done: int) -> None:
    advance(before + done)


def _compare(process: str, synthetic: Synthetic, real: Sample | None, particle: Sample | None, seed: int) -> Findings:
    response = measure_responses(synthetic.sample.rows, synthetic.sample.weights)
    real_response = measure_responses(real.rows, real.weights) if real else {}
    qualities = measure_parts(real, synthetic.sample, seed) if real else []
    unphysical = count_unphysical(synthetic.sample.rows)
    checks = [
        *_published_checks(process, synthetic),
        *check_separation(process, qualities),
        *check_responses(process, response, real_response),
        *check_unphysical(process, unphysical),
    ]
    return Findings(process, synthetic, real, particle, checks, unphysical, response, real_response, qualities)


def _published_checks(process: str, synthetic: Synthetic) -> Iterator[Check]:
    yields = region_yields(synthetic.counts, synthetic.total, NOMINAL_YIELDS[process])
    yield from check_yields(process, yields, synthetic.counts)
    features = synthetic.sample.features
    if process in SAMPLE_ROWS:
        yield from check_jet_fractions(process, features)
        yield from check_quantiles(process, features)
    if process in CORRELATED:
        yield from check_rank_correlations(process, features)
