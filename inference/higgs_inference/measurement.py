"""From a classifier to a measurement: bins, templates, responses and calibration, built of training events."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from higgs_inference.asimov import mean_expected_width
from higgs_inference.binning import Binning, choose_bins
from higgs_inference.calibration import Calibration, calibrate
from higgs_inference.checks import require_weights
from higgs_inference.fitting import Fit
from higgs_inference.intervals import MU_RANGE, Interval, profile_interval
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.nuisances import BACKGROUNDS, HIGGS, Nuisance, draw_pulls, shape_nuisances
from higgs_inference.pseudo_experiments import Distorted, unweighted, values_at
from higgs_inference.responses import design_points, fit_response
from higgs_inference.steps import for_each, step
from higgs_inference.templates import Floats, Templates, num_terms
from higgs_inference.training_events import (
    Discriminate,
    Events,
    Systematics,
    TrainingSet,
    fill,
    read_events,
    score_events,
    thin,
)

SIGNAL = "htautau"
PROCESSES = (SIGNAL, *BACKGROUNDS)

EVENTS_FOR_BINS = 4_000_000
"""At most, from which the edges of the bins are chosen."""


@dataclass(frozen=True)
class Sample:
    """Which events are distorted.

    Attributes:
        events: of each process in each half of the rows, at most.
        min_importance: an event's importance for `thin` is the share of signal in its bin, and at least this.
    """

    events: Mapping[str, int]
    min_importance: float = 0.005


SAMPLE = Sample(dict.fromkeys(PROCESSES, 800_000))

REACH = {"normal": (-2.0, -1.0, 1.0, 2.0), "lognormal": (0.7, 1.5, 2.5, 3.5, 5.0)}
"""Shifts at which responses are measured, in widths of the prior, by the prior's shape."""

CALIBRATION_POINTS = 16
"""How many sets of mu and nuisance parameters are drawn to calibrate at."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """All that turns the discriminants of a pseudo-experiment into an interval.

    Attributes:
        binning: the bins.
        templates: expected counts in them.
        calibration: the last correction.
        known: names of the nuisance parameters whose pulls every fit is given.
    """

    binning: Binning
    templates: Templates
    calibration: Calibration
    known: tuple[str, ...] = ()

    def measure(
        self, discriminants: npt.NDArray[np.floating], weights: npt.NDArray[np.floating] | None = None
    ) -> Interval:
        """Return the interval for mu of a pseudo-experiment.

        Args:
            discriminants: of its events, shape (n, discriminants).
            weights: of its events, shape (n,); None where each counts as one.

        Raises:
            ValueError: a discriminant or a weight is not a number, a weight is negative, or there are no events.
        """
        return self.fit_counts(self.binning.count(discriminants, require_weights(weights, len(discriminants))))[0]

    def fit_counts(self, counts: Floats, known: Mapping[str, float] | None = None) -> tuple[Interval, Fit]:
        """Return the interval for mu, and the fit.

        Args:
            counts: in the bins, shape (bins,).
            known: pulls of the nuisance parameters that are known, by name.

        Raises:
            ValueError: these are not the known ones.
        """
        if set(known or ()) != set(self.known):
            raise ValueError(f"expected the pulls of {list(self.known)}, as in calibration; got {list(known or ())}")
        interval, at_minimum = profile_interval(BinnedLikelihood(self.templates, counts), fixed=known)
        return self.calibration.apply(interval), at_minimum


def build_measurement(
    get_train_set: TrainingSet,
    systematics: Systematics,
    rows: npt.NDArray[np.int64],
    discriminate: Discriminate,
    numbers: Sequence[int],
    nuisances: tuple[Nuisance, ...] = HIGGS,
    known: Mapping[str, str] | None = None,
) -> Measurement:
    """Build a measurement of mu in H -> tau tau from a classifier.

    Args:
        get_train_set: the challenge's function.
        systematics: the challenge's function.
        rows: training rows that the classifier was not trained on, increasing, shape (n,).
        discriminate: the classifier: gives the discriminants of a DataFrame of events, shape (n, discriminants).
        numbers: into how many parts each discriminant divides a bin.
        nuisances: the nuisance parameters that the templates respond to.
        known: those whose pulls are given to every fit; in calibration they copy others, as in `draw_pulls`.
    """
    known = known or {}
    pieces = build_pieces(get_train_set, systematics, rows, discriminate, numbers, nuisances, SAMPLE)
    halves = [Measurement(pieces.binning, one, Calibration(), tuple(known)) for one in pieces.halves]
    with step("calibration"):
        calibration = calibrate(find_offsets(pieces.distorted, halves, known))
    templates = pieces.templates
    report(templates, calibration, mean_expected_width(templates, known))
    return Measurement(pieces.binning, templates, calibration, tuple(known))


def report(templates: Templates, calibration: Calibration, width: float) -> None:
    """Print what was built.

    Args:
        templates: of the measurement.
        calibration: its last correction.
        width: of its intervals, mean over the range of mu, before calibration.
    """
    print(
        f"{templates.bins} bins; calibration: shift {calibration.shift:+.3f} ± {calibration.shift_error:.3f}, "
        f"scale {calibration.scale:.3f}"
    )
    print(f"expected width: {calibration.scale * width:.3f}")
    if calibration.scale * width > MU_RANGE[1] - MU_RANGE[0]:
        print("Wider than the range of mu: there are too few training events; use a larger store.")


@dataclass(frozen=True, eq=False)
class Pieces:
    """What a measurement is built of.

    Attributes:
        binning: the bins.
        events: the selected training events that the templates count.
        halves: templates with the responses of either half of these events.
        distorted: the events of either half that can be distorted.
    """

    binning: Binning
    events: Events
    halves: tuple[Templates, ...]
    distorted: tuple[Distorted, ...]

    @property
    def templates(self) -> Templates:
        """With the mean of the halves' responses."""
        return replace(self.halves[0], response=np.mean([half.response for half in self.halves], axis=0))


def build_pieces(
    get_train_set: TrainingSet,
    systematics: Systematics,
    rows: npt.NDArray[np.int64],
    discriminate: Discriminate,
    numbers: Sequence[int],
    nuisances: tuple[Nuisance, ...],
    sample: Sample,
    edge: float | None = None,
) -> Pieces:
    """Choose bins, fill templates, and measure how they respond; arguments as in `build_measurement`.

    Args:
        sample: which events are distorted.
        edge: of the first discriminant, which no bin may contain; None for none.
    """
    with step("templates"):
        events = score_events(read_events(get_train_set, PROCESSES, rows), systematics, discriminate)
    binning = bins_of(events, numbers, edge)
    nominal, variance = fill(events, binning, len(PROCESSES))
    templates = without_response(nominal, variance, nuisances)
    slices = [
        list(read_events(get_train_set, PROCESSES, *thin_by_purity(half, own, binning, nominal, sample)))
        for half, own in _halves(events, rows)
    ]
    distorted = tuple(Distorted(one, systematics, discriminate, binning, len(PROCESSES)) for one in slices)
    with step("responses"):
        responses = for_each(partial(measure_response, binning=binning, templates=templates), distorted)
    return Pieces(binning, events, tuple(replace(templates, response=one) for one in responses), distorted)


def bins_of(events: Events, numbers: Sequence[int], edge: float | None = None) -> Binning:
    """Choose the bins from some of the events, evenly spread; arguments as in `build_pieces`."""
    some = slice(None, None, max(1, -(-len(events.weights) // EVENTS_FOR_BINS)))
    is_signal = events.processes[some] == PROCESSES.index(SIGNAL)
    return choose_bins(events.discriminants[some], events.weights[some], is_signal, numbers, edge=edge)


def without_response(nominal: Floats, variance: Floats, nuisances: tuple[Nuisance, ...]) -> Templates:
    """Make templates that do not yet respond; empty bins are lifted to a tenth of an event, so that logarithms exist.

    Args:
        nominal, variance: shape (processes, bins).
        nuisances: all nuisance parameters.
    """
    typical = variance.sum(axis=1, keepdims=True) / np.maximum(nominal.sum(axis=1, keepdims=True), 1e-12)
    lifted = np.maximum(nominal, 0.1 * np.maximum(typical, 1e-9))
    response = np.zeros((*nominal.shape, num_terms(nuisances)))
    return Templates(PROCESSES, SIGNAL, nuisances, lifted, variance, response)


def measure_response(distorted: Distorted, binning: Binning, templates: Templates) -> Floats:
    """Measure how the templates respond to the nuisance parameters that change events.

    Args:
        distorted: training events.
        binning: the bins.
        templates: nominal ones.

    Returns:
        Coefficients of `templates.terms`, shape (processes, bins, terms).
    """
    shapes = shape_nuisances(templates.nuisances)
    if not shapes:
        return templates.response
    points = design_points(len(shapes), [REACH[one.prior] for one in shapes])
    counts, squares = [distorted.nominal], [distorted.squares]
    for seed, point in enumerate(points, start=1):
        values = {one.name: one.value_of_shift(shift) for one, shift in zip(shapes, point.tolist(), strict=True)}
        for sums, own in zip((counts, squares), distorted.count(values, seed), strict=True):
            sums.append(own)
    nominal, *moved = unweighted(np.array(counts), np.array(squares))
    return fit_response(points, np.array(moved), nominal, binning.positions)


def find_offsets(
    distorted: Sequence[Distorted], measurements: Sequence[Measurement], known: Mapping[str, str]
) -> Floats:
    """Measure pseudo-experiments of training events whose counts equal their expectations, and see how far off mu is.

    They are at random mu, and at nuisance parameters from their priors. Estimates are compared with that for the
    expectations which the templates themselves have there, since away from nominal the priors shift estimates, as they
    should.

    Args:
        distorted: two halves of the training events.
        measurements: with the responses of either half, not calibrated.
        known: as in `build_measurement`.

    Returns:
        In half widths, for every point, measurement and half, shape (points, 2, 2).
    """
    rng = np.random.default_rng(1)
    offsets = np.empty((CALIBRATION_POINTS, len(measurements), len(distorted)))
    for point in range(CALIBRATION_POINTS):
        nuisances = measurements[0].templates.nuisances
        mu, pulls = rng.uniform(*MU_RANGE), draw_pulls(rng, nuisances, known)
        given = {one.name: pull for one, pull in zip(nuisances, pulls.tolist(), strict=True) if one.name in known}
        values, parameters = values_at(nuisances, pulls), np.array([mu, *pulls])
        ratios = for_each(partial(Distorted.ratios, values=values, seed=1000 + point), distorted)
        for number, measurement in enumerate(measurements):
            templates = measurement.templates
            yields = templates.factors(parameters)[:, np.newaxis] * templates.nominal
            own, *found = (
                measurement.fit_counts((yields * ratio).sum(axis=0), given)[0]
                for ratio in (templates.ratios(parameters), *ratios)
            )
            offsets[point, number] = [(one.mu - own.mu) / (own.width / 2) for one in found]
    return offsets


def _halves(events: Events, rows: npt.NDArray[np.int64]) -> Iterator[tuple[Events, npt.NDArray[np.int64]]]:
    """Yield the events of a random half of the rows, and those of the others, each with these rows.

    Not the first and the last ones: a classifier took its events from the first.
    """
    is_first = np.random.default_rng(1).random(len(rows)) < 0.5
    places = np.searchsorted(rows, events.rows)
    for chosen in (is_first, ~is_first):
        own = chosen[places]
        columns = events.discriminants[own], events.weights[own], events.processes[own], events.rows[own]
        yield Events(*columns), rows[chosen]


def thin_by_purity(
    events: Events, rows: npt.NDArray[np.int64], binning: Binning, nominal: Floats, sample: Sample
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Choose the rows to distort, with their factors: mostly those in bins with much signal.

    Args:
        events: the selected ones of the rows, nominal.
        rows: of training events, increasing, shape (m,).
        binning: the bins.
        nominal: expected counts in them, shape (processes, bins).
        sample: how many events of each process.

    Returns:
        As `thin`.
    """
    purity = nominal[PROCESSES.index(SIGNAL)] / np.maximum(nominal.sum(axis=0), 1e-12)
    importance = np.maximum(purity, sample.min_importance)[binning.find(events.discriminants)]
    return thin(events, rows, importance, [sample.events[name] for name in PROCESSES], seed=1)
