"""Measure how chance in the training and in the hidden events shifts the reference's estimates, and what covers it.

make train STORE=build/data/large-2028/store
.venv/bin/python benchmarks/shared_fluctuations.py build/data/large-2028/store

The training events that the classifier has not seen are divided at random into parts, which are as independent as
stores of different seeds. Templates of each part measure the summed events of every other one, in place of a
pseudo-experiment: what they are off by comes from the events that all pseudo-experiments of a run share. The responses
are those of all training events; their statistical error is in the calibration.
"""

import argparse
import sys
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from higgs_challenge import TrainingSet, systematics
from higgs_inference.asimov import mean_expected_width
from higgs_inference.intervals import Interval, profile_interval
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.measurement import PROCESSES, Measurement, without_response
from higgs_inference.templates import Templates
from higgs_inference.training_events import Events, choose_sizes, fill, other_rows, read_events, score_events

SUBMISSION = Path(__file__).resolve().parents[1] / "sample_code_submission"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", help="folder of the event store that the reference was trained on")
    parser.add_argument("--parts", type=int, default=10, help="of the training events (default: %(default)s)")
    parser.add_argument("--divisions", type=int, default=5, help="into parts, at random (default: %(default)s)")
    arguments = parser.parse_args()
    sys.path.insert(0, str(SUBMISSION))  # the trained model is pickled with the submission's own classes
    classifier, measurement = torch.load(SUBMISSION / "trained_model.pt", weights_only=False)
    train_set = TrainingSet(f"{arguments.store}/training")
    rows = other_rows(train_set, train_set(train_size=choose_sizes(train_set)))
    events = score_events(read_events(train_set, PROCESSES, rows), systematics, classifier.discriminants)
    rng = np.random.default_rng(1)
    off: list[float] = []
    depths, included_shares = [], []
    for _ in range(arguments.divisions):
        numbers = rng.permutation(len(events.weights)) % arguments.parts
        parts = [part_of(events, measurement, numbers == number) for number in range(arguments.parts)]
        off += [compare(hidden, training) for hidden, training in permutations(parts, 2)]
        depths += [smallest_depth(part) for part in parts]
        included_shares += [included(part) for part in parts]
    depth, spread = float(np.mean(depths)), float(np.std(off))
    error = spread / np.sqrt(2 * arguments.divisions * (arguments.parts - 1))
    print(f"{arguments.divisions} times {arguments.parts} parts, depth {depth:.2f}; in half widths:")
    print(f"mean over the pairs: {np.mean(off):+.3f}")
    print(f"standard deviation: {spread:.3f} ± {error:.3f}; sqrt(2 / depth) is {np.sqrt(2 / depth):.3f}")
    print(f"share of the training part, 1 / sqrt(2) of it: {spread / np.sqrt(2):.3f}")
    print(f"share of the training part that the intervals include: {np.mean(included_shares):.3f}")


def part_of(events: Events, measurement: Measurement, own: npt.NDArray[np.bool_]) -> Templates:
    """Make templates of a part of the events, with the yields and the responses of all."""
    columns = events.discriminants[own], events.weights[own], events.processes[own], events.rows[own]
    nominal, variance = fill(Events(*columns), measurement.binning, len(PROCESSES))
    templates = measurement.templates
    yields = templates.nominal.sum(axis=1, keepdims=True) / nominal.sum(axis=1, keepdims=True)
    own_templates = without_response(yields * nominal, yields**2 * variance, templates.nuisances)
    return replace(own_templates, response=templates.response)


def compare(hidden: Templates, training: Templates) -> float:
    """Return by how many half widths of a pseudo-experiment mu is off, for the counts that `hidden` expects."""
    interval = measure(training, hidden.nominal.sum(axis=0))
    exact = measure(replace(training, variance=np.zeros_like(training.variance)), training.nominal.sum(axis=0))
    return (interval.mu - 1) / (exact.width / 2)


def measure(templates: Templates, counts: npt.NDArray[np.floating]) -> Interval:
    """Return the interval of the profile likelihood."""
    return profile_interval(BinnedLikelihood(templates, counts))[0]


def smallest_depth(part: Templates) -> float:
    """Return how many times the events of a pseudo-experiment the part has, for the process with the fewest.

    A bin's count over its variance is the number of its events for each that is expected.
    """
    return float((part.nominal.sum(axis=1) / part.variance.sum(axis=1)).min())


def included(part: Templates) -> float:
    """Return the standard deviation that intervals include beside that of a pseudo-experiment, in its half widths."""
    ratio = mean_expected_width(part) / mean_expected_width(replace(part, variance=np.zeros_like(part.variance)))
    return float(np.sqrt(ratio**2 - 1))


if __name__ == "__main__":
    main()
