"""Measure how large the differences to the official package are; docs/differences.md quotes what this prints."""

import numpy as np
import pandas as pd
from HiggsML.systematics import get_bootstrapped_dataset
from HiggsML.systematics import systematics as official_systematics

from higgs_challenge import Nuisances, simulate, systematics
from higgs_challenge.tasks.higgs.events.columns import FEATURES, PRIMARY, PROCESSES
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS

EVENTS = 200_000


def synthetic_frame(process: str) -> pd.DataFrame:
    """Make labelled events as they stand in the official file, weighted to the expected yield."""
    frame = pd.DataFrame(simulate(process, EVENTS, seed=1), columns=list(PRIMARY))
    return frame.assign(weights=NOMINAL_YIELDS[process] / EVENTS, detailed_labels=process, labels=0.0)


def changed_jets(process: str) -> tuple[float, float]:
    """Compare the jets after the selection: share of events whose n_jets differs, and of those that contradict it."""
    frame = synthetic_frame(process)
    ours = systematics(frame)
    official = official_systematics(frame)
    contradiction = (official["PRI_n_jets"] > 0) & (official["PRI_jet_leading_pt"] < 0)
    contradiction |= (official["PRI_n_jets"] > 1) & (official["PRI_jet_subleading_pt"] < 0)
    return float((ours["PRI_n_jets"] != official["PRI_n_jets"]).mean()), float(contradiction.mean())


def lost_precision() -> tuple[str, float]:
    """Find the feature that the official float32 arithmetic moves most, in units of the feature's spread."""
    frame = synthetic_frame("ttbar")
    double = official_systematics(frame.astype(dict.fromkeys(PRIMARY, np.float64)))
    single = official_systematics(frame)
    worst = {name: float((double[name] - single[name]).abs().max() / double[name].std()) for name in FEATURES}
    name = max(worst, key=lambda key: worst[key])
    return name, worst[name]


def shared_events() -> float:
    """Count how often neighbouring official pseudo-experiments draw the same stored event of two equal processes.

    Their seeds are numbered upwards, and so are the seeds of the processes within one: the diboson stream of one is the
    ztautau stream of the next.
    """
    stored = {name: pd.DataFrame({"row": np.arange(20_000), "weights": 0.05}) for name in PROCESSES}
    order = ("ztautau", "diboson", "ttbar", "htautau")
    this, following = ({name: _drawn(stored, order, seed)[name] for name in order} for seed in (100, 101))
    return float(np.mean(np.isin(this["diboson"], following["ztautau"])))


def _drawn(stored: dict[str, pd.DataFrame], order: tuple[str, ...], seed: int) -> dict[str, np.ndarray]:
    marked = {name: stored[name].assign(process=name) for name in order}
    drawn = get_bootstrapped_dataset(marked, mu=1.0, seed=seed)
    return {name: drawn.loc[drawn["process"] == name, "row"].unique() for name in order}


def main() -> None:
    """Print every size."""
    print("Third and later jets, share of selected events (n_jets differs / official record contradicts itself):")
    for process in PROCESSES:
        differs, contradicts = changed_jets(process)
        print(f"  {process:8} {differs:.2%} / {contradicts:.2%}")
    frame = synthetic_frame("ttbar")
    labelled = {
        "data": frame[list(PRIMARY)],
        **{name: frame[name] for name in ("weights", "detailed_labels", "labels")},
    }
    nominal = systematics(labelled)["weights"].sum()
    for name, function in (("ours", systematics), ("official", official_systematics)):
        scaled = function(labelled, ttbar_scale=1.1)["weights"].sum()
        print(f"ttbar_scale=1.1 in systematics, {name}: ttbar yield changes by {scaled / nominal - 1:+.1%}")
    scale = Nuisances(bkg_scale=1.01).yield_scale("ttbar")
    print(f"bkg_scale=1.01 alone: ttbar yield changes by {scale - 1:+.1%}, officially +0.0%")
    name, shift = lost_precision()
    print(f"Official float32 arithmetic: {name} moves by up to {shift:.2g} of its spread")
    print(
        f"Neighbouring official pseudo-experiments: {shared_events():.0%} of the one's diboson rows are numbers of "
        f"the other's ztautau rows (by chance: 5 %)"
    )


if __name__ == "__main__":
    main()
