"""Train baselines/pivot with several strengths of its adversary, and draw what robustness costs.

.venv/bin/python benchmarks/sweep_of_pivot.py build/data/large-2029/store

All classifiers begin as the same network, and are given the same number of steps. Data are the templates' own expected
counts at mu = 1. A "blind" fit has all nuisance parameters fixed at their medians, and its mu is off where data are
distorted by one standard deviation of tes, jes or soft_met.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np
from matplotlib.figure import Figure

from higgs_challenge import TrainingSet, systematics
from higgs_inference.asimov import expected_width, mean_expected_width
from higgs_inference.discriminants import expected_yields, log_ratios
from higgs_inference.intervals import profile_interval
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.measurement import PROCESSES, build_measurement
from higgs_inference.networks import Network, train_network
from higgs_inference.nuisances import HIGGS, shape_nuisances
from higgs_inference.templates import Floats, Templates
from higgs_inference.training_events import MAX_CLASSIFIER_SHARES, choose_sizes, other_rows

PIVOT = Path(__file__).resolve().parents[1] / "baselines" / "pivot"
STRENGTHS = (0.0, 1.0, 10.0, 100.0, 500.0)
SHARE = 1 / 3
"""Of the method's training events: enough to compare, and three minutes for each strength."""

SHAPES = tuple(one.name for one in shape_nuisances(HIGGS))
COLOURS = ("#4477aa", "#ee6677", "#228833")


@dataclass(frozen=True)
class Found:
    """What a strength gives.

    Attributes:
        strength: lambda.
        profiled, known: expected width at mu = 1 with all nuisance parameters fitted, and with all known.
        mean_width: all fitted, mean over the range of mu and the priors, calibrated.
        biases: of mu in a blind fit, for each of SHAPES one standard deviation up.
        changes: of the background's shape then, in percent.
    """

    strength: float
    profiled: float
    known: float
    mean_width: float
    biases: tuple[float, ...]
    changes: tuple[float, ...]


def main() -> None:
    """Train, measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", help="folder of an event store")
    parser.add_argument("--strengths", type=float, nargs="+", default=STRENGTHS, help="values of lambda")
    parser.add_argument("--seed", type=int, default=1, help="of the training (default: %(default)s)")
    parser.add_argument("--rows", type=int, default=3_000_000, help="for the templates, at most (default: %(default)s)")
    parser.add_argument("--picture", type=Path, default=PIVOT / "sweep.png", help="(default: %(default)s)")
    arguments = parser.parse_args()
    sys.path.insert(0, str(PIVOT))
    from adversary import make_copies, train_against_adversary

    from model import BINS, MAX_ROWS, PULLS, distort_twice

    train_set = TrainingSet(f"{arguments.store}/training")
    most = {process: int(SHARE * number) for process, number in MAX_ROWS.items()}
    events = train_set(train_size=choose_sizes(train_set, most, MAX_CLASSIFIER_SHARES))
    rows = other_rows(train_set, events, arguments.rows)
    selected = distort_twice(events, systematics, arguments.seed)
    yields = expected_yields(selected, PROCESSES)
    plain = train_network(selected, PROCESSES, arguments.seed)
    copies = make_copies(selected, PROCESSES, list(PULLS), plain.preparation)
    del events, selected
    found = []
    for strength in arguments.strengths:
        print(f"\nlambda = {strength:g}", flush=True)
        started = monotonic()
        network: Network = train_against_adversary(plain, copies, yields, strength, arguments.seed)
        trained = monotonic()

        def discriminate(events, network=network):
            return log_ratios(network.logits(events), yields)

        measurement = build_measurement(train_set, systematics, rows, discriminate, BINS)
        templates = measurement.templates
        found.append(measure(strength, templates, measurement.calibration.scale * mean_expected_width(templates)))
        print(f"training {trained - started:.0f} s, measurement {monotonic() - trained:.0f} s")
        print_table(found)
    draw(found, arguments.picture)


def measure(strength: float, templates: Templates, mean_width: float) -> Found:
    """Find widths, biases of a blind fit, and changes of the background's shape."""
    nuisances = templates.names[1:]
    biases, changes = [], []
    for name in SHAPES:
        counts = counts_at(templates, {name: 1.0})
        likelihood = BinnedLikelihood(templates, counts.sum(axis=0))
        interval, _ = profile_interval(likelihood, fixed=dict.fromkeys(nuisances, 0.0))
        biases.append(interval.mu - 1)
        changes.append(change_of_shape(templates, counts))
    widths = expected_width(templates, 1.0), expected_width(templates, 1.0, fixed=nuisances)
    return Found(strength, *widths, mean_width, tuple(biases), tuple(changes))


def counts_at(templates: Templates, pulls: dict[str, float]) -> Floats:
    """Return every process's expected counts at mu = 1 and some pulls, those not named 0, shape (processes, bins)."""
    return templates.by_process(np.array([1.0, *(pulls.get(name, 0.0) for name in templates.names[1:])]))


def change_of_shape(templates: Templates, distorted: Floats) -> float:
    """Return by how many percent the background's share of a bin changes, root mean square over the signal's events."""
    nominal, signal = counts_at(templates, {}), templates.signal_index
    before, after = (np.delete(one, signal, axis=0).sum(axis=0) for one in (nominal, distorted))
    change = np.log(after / after.sum()) - np.log(before / before.sum())
    return float(100 * np.sqrt(np.average(change**2, weights=nominal[signal])))


def print_table(found: list[Found]) -> None:
    """Print a line for each strength."""
    columns = [f"{what} {name}" for what in ("bias", "change %") for name in SHAPES]
    print("\n" + " | ".join(["lambda", "width, fitted", "width, known", "mean width", *columns]))
    for one in found:
        numbers = one.profiled, one.known, one.mean_width, *one.biases, *one.changes
        print(" | ".join([f"{one.strength:g}", *(f"{number:.3f}" for number in numbers)]), flush=True)


def draw(found: list[Found], path: Path) -> None:
    """Draw widths, biases and changes of shape, side by side, along the strengths."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    places = np.arange(len(found))
    left.plot(places, [one.profiled for one in found], "o-", color="black", label="fitted")
    left.plot(places, [one.known for one in found], "o--", color="0.5", label="known")
    left.set_title("Expected width of the interval", fontsize=10)
    middle.set_title("Error of μ in a blind fit", fontsize=10)
    right.set_title("Change of the background's shape (%)", fontsize=10)
    for number, (name, colour) in enumerate(zip(SHAPES, COLOURS, strict=True)):
        middle.plot(places, [abs(one.biases[number]) for one in found], "o-", color=colour, label=f"{name} + 1 σ")
        right.plot(places, [one.changes[number] for one in found], "o-", color=colour, label=f"{name} + 1 σ")
    titles = "nuisance parameters", None, None
    for axes, title in zip((left, middle, right), titles, strict=True):
        axes.set_xticks(places, [f"{one.strength:g}" for one in found])
        axes.set_xlabel("λ, strength of the adversary")
        axes.set_ylim(0, 1.3 * axes.get_ylim()[1])
        axes.legend(frameon=False, fontsize=9, title=title, title_fontsize=9, loc="upper left", ncols=2)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
