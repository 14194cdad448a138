"""Prints how long the sample submission takes for one pseudo-experiment of 1.05 million events, and what takes it.

Without --store the submission is fitted to tiny data made here, which takes seconds; the network is as large as any,
and templates have fewer bins. With --store it is fitted to that store, which takes minutes. A trained_model.pt beside
the submission would be used instead of fitting.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from higgs_challenge import TrainingSet, systematics
from higgs_challenge.cli import available_cores
from higgs_challenge.data.store import open_store
from higgs_challenge.data.synthetic import SIZES, make_synthetic_data
from higgs_challenge.events.nuisances import Nuisances
from higgs_challenge.experiments.draw import draw_pseudo_experiment
from higgs_challenge.experiments.plan import Experiment

EVENTS = 1_050_000
SUBMISSION = Path(__file__).parents[1] / "sample_code_submission"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, help="event store to fit to, for instance build/data/small/store")
    parser.add_argument("--threads", type=int, default=1, help="of fit and predict (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=7, help="of predict (default: %(default)s)")
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {available_cores()} cores, load before {os.getloadavg()[0]:.1f}; medians")
    with tempfile.TemporaryDirectory(prefix="bench_submission_") as folder:
        store = arguments.store
        if store is None:
            make_synthetic_data(Path(folder), SIZES["tiny"])
            store = Path(folder, "store")
        seconds = measure(store, arguments.threads, arguments.repeats)
    for name, taken in seconds.items():
        print(f"{name:10} {taken:7.3f} s")


def measure(store: Path, threads: int = 1, repeats: int = 7) -> dict[str, float]:
    """Time the sample submission.

    Args:
        store: folder of an event store, to whose training part it is fitted.
        threads: of the network.
        repeats: how often predict is timed, after one call that warms it up.

    Returns:
        Seconds of "fit", and medians of "predict" and its three steps "scores", "counts" and "mu".
    """
    sys.path.insert(0, str(SUBMISSION))
    import torch

    from model import Model

    torch.set_num_threads(threads)
    model = Model(TrainingSet(store / "training"), systematics)
    started = time.perf_counter()
    model.fit()
    fit = time.perf_counter() - started
    test_set = make_test_set(store)
    steps = [time_steps(model, test_set) for _ in range(repeats + 1)][1:]
    return {"fit": fit, **{name: statistics.median(step[name] for step in steps) for name in steps[0]}}


def make_test_set(store: Path) -> dict[str, Any]:
    """Draw a pseudo-experiment, repeat its events up to EVENTS and weight them to its own number."""
    drawn = draw_pseudo_experiment(open_store(store), Experiment(0, 0, mu=1.0, nuisances=Nuisances(), seed=1))["data"]
    features = np.take(drawn.to_numpy().T, np.arange(EVENTS) % len(drawn), axis=1)
    data = pd.DataFrame(features.T, columns=drawn.columns, copy=False)
    return {"data": data, "weights": pd.Series(np.full(EVENTS, len(drawn) / EVENTS))}


def time_steps(model: Any, test_set: dict[str, Any]) -> dict[str, float]:
    """Do what predict does, step by step."""
    from likelihood import measure as measure_mu

    start = time.perf_counter()
    scores = model.classifier.scores(test_set["data"])
    scored = time.perf_counter()
    counts = model.templates.count(scores, test_set["weights"])
    counted = time.perf_counter()
    measure_mu(model.templates, counts)
    end = time.perf_counter()
    return {"predict": end - start, "scores": scored - start, "counts": counted - scored, "mu": end - counted}


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
