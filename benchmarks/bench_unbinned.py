"""Fit a method with an unbinned likelihood, time its predictions, and see whether its densities close.

.venv/bin/python benchmarks/bench_unbinned.py refinable build/data/large-2029/store build/data/large-2028/store

The method is fitted to the first store. The second one, made with another seed, gives pseudo-experiments at random mu
and nuisance parameters, and labelled events for closure: what densities of single events say against sums of events.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from rows import describe_machine, seconds

from higgs_challenge import Experiment, Nuisances, TrainingSet, draw_pseudo_experiment, open_store, systematics
from higgs_challenge.cores import available_cores
from higgs_inference.event_responses import EVENTS
from higgs_inference.intervals import MU_RANGE
from higgs_inference.measurement import PROCESSES
from higgs_inference.nuisances import HIGGS, draw_pulls, shape_nuisances
from higgs_inference.templates import Floats, terms
from higgs_inference.training_events import PROCESS, ROW, read_events
from higgs_inference.unbinned import Places
from higgs_inference.unbinned_measurement import UnbinnedMeasurement, locate

METHODS = ("refinable", "density_ratios")
BASELINES = Path(__file__).resolve().parents[1] / "baselines"
SHIFTS = {"tes": (-1.0, 1.0), "jes": (-1.0, 1.0), "soft_met": (1.0, 2.0, 5.0)}
"""In widths of the prior."""

PARTS = 10
"""Into which a density divides the events; about as many in each."""

FOLDS = 20
"""Of the rows, by which statistical errors are found."""


def main() -> None:
    """Fit, time, and print closure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("store", type=Path, help="event store to fit to")
    parser.add_argument("other", type=Path, help="event store with other events")
    parser.add_argument("--predictions", type=int, default=10, help="how many to time (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="of a prediction (default: %(default)s)")
    parser.add_argument("--rows", type=int, default=8_000_000, help="for closure, at most (default: %(default)s)")
    arguments = parser.parse_args()
    print(describe_machine())
    sys.path.insert(0, str(BASELINES / arguments.method))
    from model import Model

    torch.set_num_threads(available_cores())
    model = Model(TrainingSet(arguments.store / "training"), systematics)
    print(f"fit: {seconds(model.fit):.0f} s with {available_cores()} cores")
    torch.set_num_threads(arguments.threads)
    time_predictions(model.measurement, arguments.other, arguments.predictions)
    torch.set_num_threads(available_cores())
    print_closure(model.measurement, TrainingSet(arguments.other / "training"), arguments.rows)


def time_predictions(measurement: UnbinnedMeasurement, store: Path, number: int) -> None:
    """Print medians of the seconds that predictions take."""
    drawn_from, rng, taken = open_store(store), np.random.default_rng(1), []
    for one in range(number + 1):
        pulls = draw_pulls(rng, HIGGS)
        values = {nuisance.name: nuisance.value(pull) for nuisance, pull in zip(HIGGS, pulls, strict=True)}
        experiment = Experiment(0, one, mu=rng.uniform(*MU_RANGE), nuisances=Nuisances(**values), seed=one)
        events = draw_pseudo_experiment(drawn_from, experiment)
        begin = perf_counter()
        observation = measurement.observe(events["data"], events["weights"].to_numpy())
        observed = perf_counter()
        measurement.fit(observation)
        taken.append((observed - begin, perf_counter() - observed, len(observation.places.bins)))
    networks, likelihood, places = np.median(taken[1:], axis=0)  # the first one warms up
    print(
        f"prediction, {torch.get_num_threads()} threads: {networks + likelihood:.2f} s, of which networks "
        f"{networks:.2f} s, fit and interval {likelihood:.2f} s, with {places:.0f} single events"
    )


def print_closure(measurement: UnbinnedMeasurement, train_set: TrainingSet, most: int) -> None:
    """Print how far sums over events are from what densities say of them, in parts of the promising events."""
    rows = np.arange(0, len(train_set), max(1, -(-len(train_set) // most)))
    slices = list(read_events(train_set, PROCESSES, rows))
    rows_of_process = sum(np.bincount(events[PROCESS], minlength=len(PROCESSES)) for events in slices)
    for events in slices:
        events["weights"] /= rows_of_process[events[PROCESS].to_numpy()]
    nominal = find_promising(measurement, slices, {})
    print(f"\nclosure: sums over events in {PARTS} parts are off by, in percent, rms and largest, and statistical rms")
    for process, name in enumerate(PROCESSES):
        print(f"{name}, by its ratio: {compare_ratio(measurement, nominal, process)}")
    shapes = shape_nuisances(HIGGS)
    for nuisance, shift in ((one, shift) for one in shapes for shift in SHIFTS[one.name]):
        at = terms([shift if one is nuisance else 0.0 for one in shapes])
        moved = find_promising(measurement, slices, {nuisance.name: nuisance.value_of_shift(shift)})
        for name in EVENTS:
            process = PROCESSES.index(name)
            left = compare_response(nominal, moved, process, at, reweight_to=at)
            before = compare_response(nominal, moved, process, at, reweight_to=np.zeros_like(at))
            print(f"{name}, {nuisance.name} {shift:+g}, by its response: {left}; without it: {before}")
            print(f"    integral of its density: {integral(measurement, nominal, process, at):.4f}", flush=True)


@dataclass(frozen=True, eq=False)
class Promising:
    """Labelled promising events.

    Attributes:
        places: of the events.
        processes: numbers of the processes, shape (n,).
        folds: numbers below FOLDS, by the training row, shape (n,).
    """

    places: Places
    processes: npt.NDArray[np.int8]
    folds: npt.NDArray[np.int64]


def find_promising(
    measurement: UnbinnedMeasurement, slices: Sequence[pd.DataFrame], values: dict[str, float]
) -> Promising:
    """Distort labelled events, select them, and locate the promising ones."""
    parts = []
    for number, events in enumerate(slices):
        kept = systematics(events, seed=number, **values)
        weights = kept["weights"].to_numpy(dtype=np.float64)
        _, chosen, places = locate(measurement.stages, measurement.respond, measurement.binning, kept, weights)
        labels, rows = kept[PROCESS].to_numpy()[chosen], kept[ROW].to_numpy()[chosen]
        parts.append((places.bins, places.ratios, places.responses, places.weights, labels, rows % FOLDS))
    bins, ratios, responses, weights, processes, folds = (np.concatenate(one) for one in zip(*parts, strict=True))
    return Promising(Places(bins, ratios, responses, weights), processes, folds)


def compare_ratio(measurement: UnbinnedMeasurement, nominal: Promising, process: int) -> str:
    """Compare a process's events with the sum of the probabilities that events are of it, by its ratio."""
    places, counts = nominal.places, measurement.templates.nominal
    ratio = places.ratios[:, process] / measurement.norms.ratios[process][places.bins]
    probability = (counts[process] / np.maximum(counts.sum(axis=0), 1e-300))[places.bins] * ratio
    own = nominal.processes == process
    edges = quantiles(ratio[own], places.weights[own])
    found = add_up(ratio[own], edges, nominal.folds[own], places.weights[own])
    return describe(found, add_up(ratio, edges, nominal.folds, places.weights * probability))


def compare_response(nominal: Promising, moved: Promising, process: int, at: Floats, reweight_to: Floats) -> str:
    """Compare shares of distorted events with those of reweighted nominal ones, by the response.

    Args:
        nominal, moved: labelled events, not distorted and distorted.
        process: its number.
        at: `terms` of the distortion.
        reweight_to: `terms` for which nominal events get weights; zeros leave them as they are.
    """
    own, other = nominal.processes == process, moved.processes == process
    responses, weights = nominal.places.responses[own, process], nominal.places.weights[own]
    edges = quantiles(responses @ at, weights)
    expected = add_up(responses @ at, edges, nominal.folds[own], weights * np.exp(responses @ reweight_to))
    by_response = moved.places.responses[other, process] @ at
    found = add_up(by_response, edges, moved.folds[other], moved.places.weights[other])
    return describe(found / found.sum(), expected / expected.sum())


def integral(measurement: UnbinnedMeasurement, nominal: Promising, process: int, at: Floats) -> float:
    """Return the mean integral over a bin of a process's density at some `terms`, which cumulants make nearly 1."""
    own, norms = nominal.processes == process, measurement.norms
    bins, responses = nominal.places.bins[own], nominal.places.responses[own, process]
    of_bins = np.einsum("t,btu,u->b", at, norms.covariances[process], at) / 2
    density = np.exp((responses - norms.means[process][bins]) @ at - of_bins[bins])
    return float(np.average(density, weights=nominal.places.weights[own]))


def quantiles(values: npt.NDArray[np.floating], weights: Floats) -> Floats:
    """Return the edges between PARTS of about the same sum of weights, shape (PARTS - 1,)."""
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    at = np.searchsorted(cumulative, cumulative[-1] * np.arange(1, PARTS) / PARTS)
    return np.asarray(values[order][at], dtype=np.float64)


def add_up(values: npt.NDArray[np.floating], edges: Floats, folds: npt.NDArray[np.int64], weights: Floats) -> Floats:
    """Add up weights by fold and part, shape (FOLDS, PARTS)."""
    cells = folds * PARTS + np.searchsorted(edges, values)
    return np.bincount(cells, weights, FOLDS * PARTS).astype(np.float64).reshape(FOLDS, PARTS)


def describe(found: Floats, expected: Floats) -> str:
    """Return the rms and the largest difference in percent, and its statistical error by the jackknife."""
    left_out = (found.sum(axis=0) - found) / (expected.sum(axis=0) - expected)
    errors = np.sqrt((FOLDS - 1) * left_out.var(axis=0))
    off = found.sum(axis=0) / expected.sum(axis=0) - 1
    numbers = np.sqrt(np.mean(off**2)), np.abs(off).max(), np.sqrt(np.mean(errors**2))
    return "{:.2f}, {:.2f} (statistical {:.2f})".format(*(100 * one for one in numbers))


if __name__ == "__main__":
    main()
