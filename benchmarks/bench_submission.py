"""Prints how long the sample submission takes for one pseudo-experiment of 1.05 million events, and what takes it.

It is fitted to --store first, which takes some minutes for small data; without --store to tiny data made here, which
takes seconds: the network is as large as any, and templates have fewer bins. A trained_model.pt beside the submission
would be used instead of fitting.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rows import Row, describe_machine, seconds

from higgs_challenge import TrainingSet, systematics
from higgs_challenge.cores import available_cores
from higgs_challenge.task import Experiment
from higgs_challenge.tasks.higgs.data.store import open_store
from higgs_challenge.tasks.higgs.events.nuisances import Nuisances
from higgs_challenge.tasks.higgs.sampler import draw_pseudo_experiment
from higgs_tools.higgs_data.sizes import SIZES
from higgs_tools.higgs_data.synthetic import make_synthetic_data

EVENTS = 1_050_000
ROOT = Path(__file__).parents[1]
SUBMISSION, SMALL = ROOT / "sample_code_submission", ROOT / "build" / "data" / "small" / "store"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, help="event store to fit to, for instance build/data/small/store")
    parser.add_argument("--threads", type=int, default=1, help="of predict (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=7, help="of predict (default: %(default)s)")
    arguments = parser.parse_args()
    print(describe_machine())
    if arguments.store:
        taken = time_submission(arguments.store, arguments.threads, arguments.repeats)
    else:
        with tempfile.TemporaryDirectory(prefix="bench_submission_") as folder:
            make_synthetic_data(Path(folder), SIZES["tiny"])
            taken = time_submission(Path(folder, "store"), arguments.threads, arguments.repeats)
    for name, value in taken.items():
        print(f"{name:10} {value:7.3f} s")


def measure() -> list[Row]:
    """Time the sample submission on small data; gives the rows of the table."""
    if not (SMALL / "hidden").is_dir():
        raise SystemExit(f"{SMALL} is needed: run `make data`.")
    taken = time_submission(SMALL)
    return [
        Row("sample submission, predict of 1.05 million events, one core", "s", taken["predict"]),
        Row("sample submission, fit and interval of its 240 bins, one core", "s", taken["interval"]),
        Row(f"sample submission, fit on small data, {available_cores()} cores", "s", taken["fit"]),
    ]


def time_submission(store: Path, threads: int = 1, repeats: int = 7) -> dict[str, float]:
    """Time the sample submission.

    Args:
        store: folder of an event store, to whose training part it is fitted, on all cores.
        threads: of predict.
        repeats: how often predict is timed, after one call that warms it up.

    Returns:
        Seconds of "fit", and medians of "predict" and its three steps "network", "counts" and "interval".
    """
    sys.path.insert(0, str(SUBMISSION))
    import torch

    from model import Model

    torch.set_num_threads(available_cores())
    model = Model(TrainingSet(store / "training"), systematics)
    fit = seconds(model.fit)
    torch.set_num_threads(threads)
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
    from higgs_inference.intervals import profile_interval
    from higgs_inference.likelihood import BinnedLikelihood

    measurement = model.measurement
    start = time.perf_counter()
    discriminants = model.classifier.discriminants(test_set["data"])
    scored = time.perf_counter()
    counts = measurement.binning.count(discriminants, test_set["weights"])
    counted = time.perf_counter()
    profile_interval(BinnedLikelihood(measurement.templates, counts))
    end = time.perf_counter()
    return {"predict": end - start, "network": scored - start, "counts": counted - scored, "interval": end - counted}


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
