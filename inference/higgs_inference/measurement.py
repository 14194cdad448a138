"""From a classifier to a measurement: bins, templates, responses and calibration, built of training events."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from higgs_inference.asimov import mean_expected_width
from higgs_inference.binning import Binning, choose_bins
from higgs_inference.calibration import Calibration, calibrate, jackknife_error, significant
from higgs_inference.fitting import Fit
from higgs_inference.intervals import MU_RANGE, Interval, profile_interval
from higgs_inference.likelihood import BinnedLikelihood, KnownParameters
from higgs_inference.nuisances import BACKGROUNDS, HIGGS, Nuisance, draw_pulls, shape_nuisances
from higgs_inference.pseudo_experiments import Distorted, draw_counts, values_at
from higgs_inference.responses import design_points, fit_response
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

if TYPE_CHECKING:
    import pandas as pd

SIGNAL = "htautau"
PROCESSES = (SIGNAL, *BACKGROUNDS)

EVENTS_FOR_BINS = 4_000_000
"""That show where the edges of equally populated bins are."""

DISTORTED_EVENTS = 800_000
"""Of each process, for the responses and again for the calibration; those that matter are chosen first."""

MIN_IMPORTANCE = 0.02
"""Of an event for the choice; that of others is the share of signal in their bin."""

REACH = {"normal": (-2.0, -1.0, 1.0, 2.0), "lognormal": (0.7, 1.5, 2.5, 3.5, 5.0)}
"""Shifts at which responses are measured, within some widths of the priors, by the prior's shape."""

DISTORTED_SLICES = 8
"""Into which they are divided at least: leaving out one after the other shows how much they fluctuate."""

CALIBRATION_POINTS, EXPERIMENTS_PER_POINT = 20, 50
"""Nuisance parameters drawn from their priors, and pseudo-experiments of different mu at each."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """All that turns the discriminants of a pseudo-experiment into an interval.

    Attributes:
        binning: the bins.
        templates: expected counts in them.
        calibration: the last correction.
    """

    binning: Binning
    templates: Templates
    calibration: Calibration

    def measure(
        self, discriminants: npt.NDArray[np.floating], weights: npt.NDArray[np.floating] | None = None
    ) -> Interval:
        """Return the interval for mu of a pseudo-experiment.

        Args:
            discriminants: of its events, shape (n, discriminants).
            weights: of its events, shape (n,).
        """
        return self.fit_counts(self.binning.count(discriminants, weights))[0]

    def fit_counts(self, counts: Floats, known: Mapping[str, float] | None = None) -> tuple[Interval, Fit]:
        """Return the interval for mu, and the fit.

        Args:
            counts: in the bins, shape (bins,).
            known: pulls of nuisance parameters that are known, by name.
        """
        likelihood = KnownParameters(BinnedLikelihood(self.templates, counts), known or {})
        interval, at_minimum = profile_interval(likelihood)
        return self.calibration.apply(interval), at_minimum


def build_measurement(
    get_train_set: TrainingSet,
    systematics: Systematics,
    rows: npt.NDArray[np.int64],
    discriminate: Discriminate,
    numbers: Sequence[int],
    nuisances: tuple[Nuisance, ...] = HIGGS,
    known: Sequence[str] = (),
) -> Measurement:
    """Build a measurement of mu in H -> tau tau from a classifier.

    Args:
        get_train_set: the challenge's function.
        systematics: the challenge's function.
        rows: training rows that the classifier was not trained on, increasing, shape (n,).
        discriminate: the classifier: gives the discriminants of a DataFrame of events, shape (n, discriminants).
        numbers: into how many parts each discriminant divides a bin.
        nuisances: the nuisance parameters that the templates respond to.
        known: names of those whose pulls are given to every fit.
    """
    with _step("templates"):
        events = score_events(read_events(get_train_set, PROCESSES, rows), systematics, discriminate)
    binning = bins_of(events, numbers)
    nominal, variance = fill(events, binning, len(PROCESSES))
    templates = without_response(nominal, variance, nuisances)
    first, second = (
        list(read_events(get_train_set, PROCESSES, *thin_by_purity(half, own, binning, nominal), DISTORTED_SLICES))
        for half, own in _halves(events, rows)
    )
    del events
    with _step("responses"):
        templates = replace(templates, response=measure_response(first, systematics, discriminate, binning, templates))
    measurement = Measurement(binning, templates, Calibration())
    with _step("calibration"):
        distorted = Distorted(second, systematics, discriminate, binning, len(PROCESSES))
        calibration = calibrate_on(distorted, measurement, known)
    applied = significant(calibration)
    print(
        f"{binning.number} bins; calibration: shift {calibration.shift:+.3f} ± {calibration.shift_error:.3f}, "
        f"scale {calibration.scale:.3f} ± {calibration.scale_error:.3f}\n"
        f"expected width: {applied.scale * mean_expected_width(templates, known):.3f}"
    )
    return replace(measurement, calibration=applied)


def bins_of(events: Events, numbers: Sequence[int]) -> Binning:
    """Choose the bins from the first of the events; arguments as in `build_measurement`."""
    some = slice(0, EVENTS_FOR_BINS)
    is_signal = events.processes[some] == PROCESSES.index(SIGNAL)
    return choose_bins(events.discriminants[some], events.weights[some], is_signal, numbers)


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


def measure_response(
    slices: Sequence["pd.DataFrame"],
    systematics: Systematics,
    discriminate: Discriminate,
    binning: Binning,
    templates: Templates,
) -> Floats:
    """Measure how the templates respond to the nuisance parameters that change events.

    Args:
        slices: training events as `training_events.label` makes them.
        systematics, discriminate: as in `build_measurement`.
        binning: the bins.
        templates: nominal ones.

    Returns:
        Coefficients of `templates.terms`, shape (processes, bins, terms).
    """
    shapes = shape_nuisances(templates.nuisances)
    if not shapes:
        return templates.response
    points = design_points(len(shapes), [REACH[one.prior] for one in shapes])
    distorted = Distorted(slices, systematics, discriminate, binning, len(templates.processes))
    ratios = []
    for seed, point in enumerate(points, start=1):
        values = {one.name: one.value_of_shift(shift) for one, shift in zip(shapes, point.tolist(), strict=True)}
        ratios.append(np.log(distorted.ratios(distorted.count(values, seed))))
    return fit_response(points, np.array(ratios), distorted.nominal.sum(axis=0), binning.positions)


def calibrate_on(
    distorted: Distorted, measurement: Measurement, known: Sequence[str] = (), seed: int = 2
) -> Calibration:
    """Measure pseudo-experiments of training events, at nuisance parameters from their priors, and calibrate on them.

    Args:
        distorted: events that the responses were not measured with.
        measurement: to be calibrated.
        known: names of the nuisance parameters whose pulls the fits are given.
        seed: of the pseudo-experiments.
    """
    rng = np.random.default_rng(seed)
    templates, mus, intervals, groups, shifts = measurement.templates, [], [], [], []
    for group in range(CALIBRATION_POINTS):
        pulls = draw_pulls(rng, templates.nuisances)
        given = {one.name: pull for one, pull in zip(templates.nuisances, pulls, strict=True) if one.name in known}
        counted = distorted.count(values_at(templates.nuisances, pulls), seed=1000 + group)
        ratios = distorted.ratios(counted)
        for mu in rng.uniform(*MU_RANGE, EXPERIMENTS_PER_POINT):
            counts = draw_counts(rng, templates, ratios, mu, pulls)
            intervals.append(measurement.fit_counts(counts.astype(np.float64), given)[0])
            mus.append(mu)
            groups.append(group)
        some = [distorted.ratios(counted, without) for without in range(len(counted))]
        shifts.append([_shift_of_expected(measurement, one, pulls, given) for one in some])
    found = calibrate(np.array(mus), intervals, np.array(groups))
    # The distorted events fluctuate too, alike in all pseudo-experiments.
    common = jackknife_error(np.mean(shifts, axis=0)) if len(distorted.nominal) > 1 else np.inf
    return replace(found, shift_error=float(np.hypot(found.shift_error, common)))


def _shift_of_expected(measurement: Measurement, ratios: Floats, pulls: Floats, known: Mapping[str, float]) -> float:
    """Return by how many half widths the estimate is off for counts that equal their expectation."""
    templates, mu = measurement.templates, float(np.mean(MU_RANGE))
    counts = templates.factors(np.array([mu, *pulls])) @ (templates.nominal * ratios)
    interval, _ = measurement.fit_counts(counts, known)
    return (interval.mu - mu) / (interval.width / 2)


def _halves(events: Events, rows: npt.NDArray[np.int64]) -> Iterator[tuple[Events, npt.NDArray[np.int64]]]:
    """Yield the events of the first and of the second half of the rows, with these rows."""
    middle = len(rows) // 2
    border = int(np.searchsorted(events.rows, rows[middle]))
    for some, own_rows in ((slice(0, border), rows[:middle]), (slice(border, None), rows[middle:])):
        columns = events.discriminants[some], events.weights[some], events.processes[some], events.rows[some]
        yield Events(*columns), own_rows


def thin_by_purity(
    events: Events, rows: npt.NDArray[np.int64], binning: Binning, nominal: Floats
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Choose the rows to distort, with their factors: mostly those in bins with much signal."""
    purity = nominal[PROCESSES.index(SIGNAL)] / np.maximum(nominal.sum(axis=0), 1e-12)
    importance = np.maximum(purity, MIN_IMPORTANCE)[binning.find(events.discriminants)]
    return thin(events, rows, importance, DISTORTED_EVENTS, seed=1)


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Print how long a step took, for the log."""
    started = monotonic()
    yield
    print(f"{name}: {monotonic() - started:.0f} s", flush=True)
