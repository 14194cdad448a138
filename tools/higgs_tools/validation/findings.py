"""Validate synthetic events: generate them, read the other samples, and compare process by process."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

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
from higgs_tools.validation.earlier_rows import pool
from higgs_tools.validation.moments import OfficialMoments, Shifts, compare_moments, vbf_masks
from higgs_tools.validation.official import Official
from higgs_tools.validation.official_checks import (
    check_acceptance,
    check_jet_shares,
    check_moments,
    check_official_responses,
)
from higgs_tools.validation.regions import region_yields, unselected
from higgs_tools.validation.responses import AXES, OfficialResponse, Responses, measure_responses
from higgs_tools.validation.samples import Sample
from higgs_tools.validation.synthetic import Synthetic, make_synthetic, near_vbf
from higgs_tools.validation.targets import INCLUSIVE, RANK_CORRELATIONS, REGION_YIELDS, SAMPLE_ROWS
from higgs_tools.validation.unphysical import count_unphysical

CORRELATED = {process for correlations in RANK_CORRELATIONS.values() for process in correlations}


class MomentFinding(NamedTuple):
    """Official moments of a region, and how far the synthetic events are from them."""

    official: OfficialMoments
    shifts: Shifts


@dataclass(frozen=True)
class Findings:
    """The findings on one process.

    Attributes:
        process: one of columns.PROCESSES.
        synthetic: the synthetic events.
        samples: real rows by the name of their sample; empty if there are none.
        real: all of them; None if there are none.
        particle: particle-level events after our detector step; None if there are none.
        checks: every number that has a limit.
        unphysical: for each rule the synthetic events that break it.
        moments: of the regions of which there are official ones; those of two processes are found with the last.
        responses: of the synthetic events to the nuisance parameters.
        official_responses: from full statistics; empty if there are none.
        real_responses: of the real rows of which all columns are known; empty if there are none.
        qualities: of the parts of the real rows; empty if there are none.
    """

    process: str
    synthetic: Synthetic
    samples: Mapping[str, Sample]
    real: Sample | None
    particle: Sample | None
    checks: list[Check]
    unphysical: dict[str, int]
    moments: list[MomentFinding]
    responses: Responses
    official_responses: list[OfficialResponse]
    real_responses: Responses
    qualities: list[Quality]


def validate(
    official: Official, particle: Mapping[str, Sample], events: Mapping[str, int], seed: int
) -> list[Findings]:
    """Compare synthetic events with published numbers and with other events.

    Args:
        official: what is known of the official data.
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
            findings.append(_compare(process, synthetic, official, particle.get(process), seed))
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


def _compare(
    process: str, every: Mapping[str, Synthetic], official: Official, particle: Sample | None, seed: int
) -> Findings:
    synthetic, samples = every[process], official.rows.get(process, {})
    expected = [one for one in official.responses if one.process == process]
    points = dict.fromkeys([*AXES, *(point for one in expected for point in one.changes)])
    response = measure_responses(synthetic.thinned.rows, synthetic.thinned.weights, list(points))
    real_response = respond(samples)
    qualities = measure_parts(samples, synthetic.sample, seed)
    unphysical = count_unphysical(synthetic.sample.rows)
    moments = [find_moments(one, every) for one in official.moments if one.processes[-1] == process]
    checks = [
        *_published_checks(process, synthetic),
        *check_separation(process, qualities),
        *check_responses(process, response, real_response),
        *(check for found in moments for check in check_moments(*found)),
        *(check for one in expected for check in check_official_responses(one, response)),
        *check_unphysical(process, unphysical),
    ]
    return Findings(
        process=process,
        synthetic=synthetic,
        samples=samples,
        real=pool(list(samples.values())) if samples else None,
        particle=particle,
        checks=checks,
        unphysical=unphysical,
        moments=moments,
        responses=response,
        official_responses=expected,
        real_responses=real_response,
        qualities=qualities,
    )


def respond(samples: Mapping[str, Sample]) -> Responses:
    """Measure the response of real rows.

    Args:
        samples: of one process.

    Returns:
        The response of the rows of which all columns are known; empty if there are none.
    """
    whole = [sample for sample in samples.values() if not np.isnan(sample.rows).any()]
    if not whole:
        return {}
    pooled = pool(whole)
    return measure_responses(pooled.rows, pooled.weights)


def find_moments(official: OfficialMoments, synthetic: Mapping[str, Synthetic]) -> MomentFinding:
    """Compare official moments with synthetic events of the same processes, each with its official yield.

    Args:
        official: the moments of a region.
        synthetic: events of each process.

    Returns:
        The moments and how far the synthetic events are from them.
    """
    features, weights = [], []
    for process in official.processes:
        rows = synthetic[process].thinned.rows
        near = unselected(rows[near_vbf(rows)])
        found = near[:, vbf_masks(near)[official.region]]
        features.append(found)
        weights.append(np.full(found.shape[1], REGION_YIELDS[official.region][process] / max(found.shape[1], 1)))
    shifts = compare_moments(official.moments, np.concatenate(features, axis=1), np.concatenate(weights))
    return MomentFinding(official, shifts)


def _published_checks(process: str, synthetic: Synthetic) -> Iterator[Check]:
    yields = region_yields(synthetic.counts, synthetic.total, NOMINAL_YIELDS[process])
    yield from check_yields(process, yields, synthetic.counts)
    features = synthetic.sample.features
    yield from check_acceptance(process, synthetic.counts[INCLUSIVE], synthetic.total)
    yield from check_jet_shares(process, features)
    if process in SAMPLE_ROWS:
        yield from check_jet_fractions(process, features)
        yield from check_quantiles(process, features)
    if process in CORRELATED:
        yield from check_rank_correlations(process, features)
