"""Measure how chance in the training and in the hidden events shifts the reference's estimates, and what covers it.

make train STORE=build/data/large-2027/store
.venv/bin/python benchmarks/shared_fluctuations.py build/data/large-2027/store

The training rows that the classifier has not seen are divided into parts, which are as independent as stores of
different seeds. The reference is built on each part and measures the summed events of every other one, in place of a
pseudo-experiment: what it is off by comes from the events that all pseudo-experiments of a run share. Takes 20 minutes.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from higgs_challenge import TrainingSet, systematics
from higgs_inference.asimov import mean_expected_width
from higgs_inference.measurement import PROCESSES, build_measurement
from higgs_inference.templates import Templates
from higgs_inference.training_events import choose_sizes, other_rows, read_events, score_events

SUBMISSION = Path(__file__).resolve().parents[1] / "sample_code_submission"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", help="folder of the event store that the reference was trained on")
    parser.add_argument("--parts", type=int, default=6, help="of the training rows (default: 6)")
    arguments = parser.parse_args()
    sys.path.insert(0, str(SUBMISSION))
    from model import BINS

    classifier, _ = torch.load(SUBMISSION / "trained_model.pt", weights_only=False)
    train_set = TrainingSet(f"{arguments.store}/training")
    rows = other_rows(train_set, train_set(train_size=choose_sizes(train_set)))
    parts = [rows[number :: arguments.parts] for number in range(arguments.parts)]
    events = [
        score_events(read_events(train_set, PROCESSES, part), systematics, classifier.discriminants) for part in parts
    ]
    depths = [smallest_depth(train_set, part) for part in parts]
    off, covered = np.full((len(parts), len(parts)), np.nan), []
    for number, part in enumerate(parts):
        measurement = build_measurement(train_set, systematics, part, classifier.discriminants, BINS)
        for other, hidden in enumerate(events):
            if other != number:
                interval = measurement.measure(hidden.discriminants, hidden.weights)
                off[number, other] = (interval.mu - 1) / (interval.width / 2)
        covered.append(share_of_templates(measurement.templates, measurement.calibration.scale))
    depth = float(np.mean(depths))
    print(f"\n{len(parts)} parts of {len(parts[0]):,} rows, depth {depth:.1f}; in half widths:")
    print(f"mean over the pairs: {np.nanmean(off):+.3f}")
    print(f"standard deviation of the pairs: {np.nanstd(off, ddof=1):.3f}; expected at most {np.sqrt(2 / depth):.3f}")
    print(f"of the training part's means: {np.nanmean(off, axis=1).std(ddof=1):.3f}")
    print(f"chance of the training part that the intervals include: {np.mean(covered):.3f}")


def smallest_depth(train_set: TrainingSet, rows: npt.NDArray[np.int64]) -> float:
    """Return how many pseudo-experiments' events the rows hold, of the process with the fewest."""
    some = train_set(selected_indices=rows)
    counts = some.groupby("detailed_labels")["weights"].agg(["size", "sum"])
    return float((counts["size"] / counts["sum"]).min())


def share_of_templates(templates: Templates, scale: float) -> float:
    """Return the standard deviation that intervals include beside that of a pseudo-experiment, in half widths."""
    exact = replace(templates, variance=np.zeros_like(templates.variance))
    ratio = mean_expected_width(exact) / (scale * mean_expected_width(templates))
    return float(np.sqrt(max(0.0, 1 - ratio**2)))


if __name__ == "__main__":
    main()
