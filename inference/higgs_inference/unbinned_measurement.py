"""From networks to an unbinned measurement: counted bins, single promising events, and calibration."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from higgs_inference.asimov import information
from higgs_inference.binning import Binning
from higgs_inference.calibration import Calibration, calibrate
from higgs_inference.cascade import TwoStages
from higgs_inference.checks import require_weights
from higgs_inference.fitting import Fit
from higgs_inference.intervals import MU_RANGE, Interval, profile_interval
from higgs_inference.measurement import (
    CALIBRATION_POINTS,
    PROCESSES,
    SIGNAL,
    Pieces,
    Sample,
    build_pieces,
    report,
)
from higgs_inference.nuisances import HIGGS, draw_pulls
from higgs_inference.pseudo_experiments import Distorted, ratio_of, values_at
from higgs_inference.steps import for_each, step
from higgs_inference.templates import Floats, Templates, Values, num_terms
from higgs_inference.training_events import PROCESS, ROW, Systematics, TrainingSet, read_events
from higgs_inference.unbinned import Norms, NormSums, Places, UnbinnedLikelihood

if TYPE_CHECKING:
    import pandas as pd

SAMPLE = Sample({SIGNAL: 200_000, "ztautau": 900_000, "diboson": 60_000, "ttbar": 300_000}, min_importance=0.001)
"""About half of the Z bosons chosen are then promising, nearly all there are; the other half are not."""

STEP = 0.01
"""Of mu and the pulls, for derivatives."""

Respond = Callable[["pd.DataFrame"], Values]
"""Returns, for promising events, the coefficients of `terms` of every process, shape (n, processes, terms)."""


@dataclass(frozen=True, eq=False)
class Observation:
    """What is known of the events of a pseudo-experiment: counts in bins, and the places of promising ones."""

    counts: Floats
    places: Places


@dataclass(frozen=True, eq=False)
class UnbinnedMeasurement:
    """All that turns the events of a pseudo-experiment into an interval.

    Attributes:
        stages: score events.
        respond: gives the responses of promising ones.
        binning: the bins.
        templates: expected counts in them.
        norms: integrals of densities over the bins.
        calibration: the last correction.
    """

    stages: TwoStages
    respond: Respond
    binning: Binning
    templates: Templates
    norms: Norms
    calibration: Calibration

    def measure(self, events: "pd.DataFrame", weights: Floats) -> Interval:
        """Return the interval for mu of a pseudo-experiment.

        Args:
            events: DataFrame with the 28 features.
            weights: of its events, shape (n,).

        Raises:
            ValueError: a weight is negative or not a number, or there are no events.
        """
        return self.fit(self.observe(events, weights))[0]

    def observe(self, events: "pd.DataFrame", weights: Floats) -> Observation:
        """Score the events of a pseudo-experiment; arguments as in `measure`."""
        weights = require_weights(weights, len(events))
        bins, _, places = locate(self.stages, self.respond, self.binning, events, weights)
        return Observation(np.bincount(bins, weights, self.binning.number).astype(np.float64), places)

    def fit(self, observation: Observation) -> tuple[Interval, Fit]:
        """Return the interval for mu, and the fit."""
        interval, at_minimum = profile_interval(self.likelihood(observation))
        return self.calibration.apply(interval), at_minimum

    def likelihood(self, observation: Observation) -> UnbinnedLikelihood:
        """Return the likelihood of an observation."""
        return UnbinnedLikelihood(self.templates, self.norms, observation.counts, observation.places)

    def expect(self, nominal: Observation, parameters: Floats) -> Observation:
        """Reweight nominal events at mu = 1 to the densities that this measurement expects elsewhere.

        Args:
            nominal: the events.
            parameters: where, shape (parameters,).
        """
        expected = self.templates.by_process(parameters).sum(axis=0)
        density = self.likelihood(nominal).density(parameters)
        weights = (
            nominal.places.weights * density * (expected / np.maximum(nominal.counts, 1e-300))[nominal.places.bins]
        )
        return Observation(expected, replace(nominal.places, weights=weights))

    def gain(self, nominal: Observation, parameters: Floats) -> Floats:
        """Return the Fisher information that the places of events add to that of the counts.

        It is the sum over expected events of the products of the derivatives of their densities' logarithms.

        Args:
            nominal: events at mu = 1.
            parameters: where, shape (parameters,).

        Returns:
            Shape (parameters, parameters).
        """
        likelihood, weights = self.likelihood(nominal), self.expect(nominal, parameters).places.weights

        def logarithm(at: Floats) -> Floats:
            return np.asarray(np.log(np.maximum(likelihood.density(at), 1e-300)))

        steps = STEP * np.eye(len(parameters))
        scores = np.array([(logarithm(parameters + one) - logarithm(parameters - one)) / (2 * STEP) for one in steps])
        return np.asarray((scores * weights) @ scores.T)


def locate(
    stages: TwoStages, respond: Respond, binning: Binning, events: "pd.DataFrame", weights: Floats
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Places]:
    """Return the bin of every event, which ones are promising, and the places of these.

    Args:
        stages: score events.
        respond: gives the responses of promising ones.
        binning: the bins.
        events: DataFrame with the 28 features.
        weights: of the events, shape (n,).

    Returns:
        Bins, shape (n,); numbers of the promising events, shape (m,); and their places.
    """
    discriminants, chosen, logits = stages.look(events)
    bins = binning.find(discriminants)
    share = np.log(stages.yields / stages.yields.sum()).astype(np.float32)
    ratios = np.exp(logits - np.logaddexp.reduce(logits + share, axis=1, keepdims=True))
    return bins, chosen, Places(bins[chosen], ratios, respond(events.iloc[chosen]), np.asarray(weights)[chosen])


def build_unbinned_measurement(
    get_train_set: TrainingSet,
    systematics: Systematics,
    rows: npt.NDArray[np.int64],
    stages: TwoStages,
    respond: Respond,
    numbers: Sequence[int],
) -> UnbinnedMeasurement:
    """Build a measurement of mu in H -> tau tau from two stages.

    Args:
        get_train_set: the challenge's function.
        systematics: the challenge's function.
        rows: training rows on which no network was trained, increasing, shape (n,).
        stages: score events.
        respond: gives the responses of promising ones.
        numbers: into how many parts the first stage's scores divide a bin, in their order.
    """
    pieces = build_pieces(
        get_train_set, systematics, rows, stages.discriminate, numbers, HIGGS, SAMPLE, stages.first.cut
    )
    binning, templates = pieces.binning, pieces.templates
    with step("norms"):
        norms = find_norms(get_train_set, systematics, stages, respond, pieces)
    with step("calibration"):
        halves = [UnbinnedMeasurement(stages, respond, binning, one, norms, Calibration()) for one in pieces.halves]
        offsets, width = find_offsets(pieces.distorted, halves)
        calibration = calibrate(offsets)
    report(templates, calibration, width)
    return UnbinnedMeasurement(stages, respond, binning, templates, norms, calibration)


def find_norms(
    get_train_set: TrainingSet, systematics: Systematics, stages: TwoStages, respond: Respond, pieces: Pieces
) -> Norms:
    """Integrate densities over the promising ones of the events that the templates count.

    Args:
        get_train_set: the challenge's function.
        systematics: the challenge's function.
        stages: score events.
        respond: gives the responses of promising ones.
        pieces: bins, and the events of the templates.
    """
    is_promising = stages.first.is_promising(pieces.events.discriminants)
    rows, weights = pieces.events.rows[is_promising], pieces.events.weights[is_promising].astype(np.float64)
    sums = NormSums((len(PROCESSES), pieces.binning.number, num_terms(HIGGS)))
    for labelled in read_events(get_train_set, PROCESSES, rows):
        kept = systematics(labelled)
        own = weights[np.searchsorted(rows, kept[ROW])]
        _, chosen, places = locate(stages, respond, pieces.binning, kept, own)
        sums.add(places, kept[PROCESS].to_numpy()[chosen])
    return sums.norms()


@dataclass(frozen=True, eq=False)
class Half:
    """Labelled events of one half of the rows, distorted or not.

    Attributes:
        counts: sums of weights, shape (processes, bins).
        places: of the promising events.
        processes: theirs, shape (n,).
    """

    counts: Floats
    places: Places
    processes: npt.NDArray[np.int8]

    def scaled(self, counts: Floats, nominal: Floats, templates: Floats) -> Observation:
        """Return what is observed when a process has these counts, and its events the weights that templates give.

        Args:
            counts: of each process, shape (processes, bins).
            nominal: sums of the weights of this half's nominal events, shape (processes, bins).
            templates: what these are to add up to, shape (processes, bins).
        """
        factors = np.divide(templates, nominal, out=np.zeros_like(templates), where=nominal > 0)
        weights = self.places.weights * factors[self.processes, self.places.bins]
        return Observation(counts.sum(axis=0), replace(self.places, weights=weights))


def locate_half(distorted: Distorted, at: UnbinnedMeasurement, values: dict[str, float], seed: int) -> Half:
    """Distort the events of a half, and locate them.

    Args:
        distorted: the half.
        at: the measurement in whose bins they are located.
        values: of nuisance parameters by name; the others are nominal.
        seed: of the noise that systematics adds.
    """
    counts = np.zeros((len(PROCESSES), at.templates.bins))
    parts, processes = [], []
    for kept in distorted.distort(values, seed):
        weights, numbers = kept["weights"].to_numpy(dtype=np.float64), kept[PROCESS].to_numpy()
        bins, chosen, places = locate(at.stages, at.respond, at.binning, kept, weights)
        for process, own in enumerate(counts):
            mine = numbers == process
            own += np.bincount(bins[mine], weights[mine], len(own))
        parts.append([places.bins, places.ratios, places.responses, places.weights])
        processes.append(numbers[chosen])
    return Half(counts, Places(*(np.concatenate(one) for one in zip(*parts, strict=True))), np.concatenate(processes))


def find_offsets(distorted: Sequence[Distorted], measurements: Sequence[UnbinnedMeasurement]) -> tuple[Floats, float]:
    """Measure pseudo-experiments of training events whose sums equal their expectations, and see how far off mu is.

    Estimates for distorted labelled events are compared with those for the densities that the networks and templates
    themselves have. There is one mu in each equal part of its range, since the mean width depends on mu most.

    Args:
        distorted: two halves of the training events.
        measurements: with the responses of either half, not calibrated.

    Returns:
        In half widths, for every point, measurement and half, shape (points, 2, 2); and the mean width.
    """
    rng = np.random.default_rng(1)
    parts = rng.permutation(CALIBRATION_POINTS) + rng.random(CALIBRATION_POINTS)
    mus = MU_RANGE[0] + (MU_RANGE[1] - MU_RANGE[0]) * parts / CALIBRATION_POINTS
    templates = measurements[0].templates
    nominal = for_each(partial(locate_half, at=measurements[0], values={}, seed=0), distorted)
    base = [half.scaled(templates.nominal, half.counts, templates.nominal) for half in nominal]
    offsets, widths = np.empty((CALIBRATION_POINTS, len(measurements), len(distorted))), []
    for point in range(CALIBRATION_POINTS):
        mu, pulls = mus[point], draw_pulls(rng, templates.nuisances)
        parameters = np.array([mu, *pulls])
        moved = for_each(
            partial(locate_half, at=measurements[0], values=values_at(templates.nuisances, pulls), seed=1000 + point),
            distorted,
        )
        yields = templates.factors(parameters)[:, np.newaxis] * templates.nominal
        observed = [
            half.scaled(yields * ratio_of(half.counts, before.counts), before.counts, yields)
            for half, before in zip(moved, nominal, strict=True)
        ]
        jobs = [(one, half) for one in range(len(measurements)) for half in range(len(distorted))]

        pairs = [(measurements[one], base[half], observed[half]) for one, half in jobs]
        for job, (offset, error) in zip(jobs, for_each(partial(compare, parameters=parameters), pairs), strict=True):
            offsets[point][job] = offset
            widths.append(2 * error)
    return offsets, float(np.mean(widths))


def compare(job: tuple[UnbinnedMeasurement, Observation, Observation], parameters: Floats) -> tuple[float, float]:
    """Return how far the estimate for what is observed is from that for what is expected, and the error of mu.

    One step of Newton's method from the true parameters, since expectations differ little; fits take a hundred times
    longer. Expectations are where only the priors have a gradient: what densities lack of 1 in a bin is an offset too.

    Args:
        job: the measurement; nominal events, which it reweights to what it expects; and what is observed.
        parameters: the true ones, shape (parameters,).

    Returns:
        The distance in half widths, and the half width.
    """
    measurement, nominal, observed = job
    covariance = np.linalg.inv(information(measurement.templates, parameters) + measurement.gain(nominal, parameters))
    of_priors = 2 * np.array([0.0, *parameters[1:]])
    difference = measurement.likelihood(observed).gradient(parameters) - of_priors
    error = float(np.sqrt(covariance[0, 0]))
    return float(-covariance[0] @ difference) / 2 / error, error
