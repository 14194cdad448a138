"""Print how much of the information about mu is where a dense store has more events, and which processes it costs.

A classifier's score is binned; a fit of mu and the six nuisance parameters, linear around nominal, gives every bin's
influence on mu. Its square times the expected events is the bin's part of the statistical variance, which its events
share. Takes some minutes.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from higgs_challenge.tasks.higgs.events.columns import PROCESSES, SIGNAL
from higgs_challenge.tasks.higgs.events.transform import transform
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS, simulate
from higgs_tools.higgs_data.informative_region import is_informative

TRAINING = {"htautau": 100_000, "ztautau": 250_000, "diboson": 20_000, "ttbar": 80_000}
EVENTS = {"htautau": 120_000, "ztautau": 1_500_000, "diboson": 50_000, "ttbar": 200_000}
SOFT_MET = 2.0
"""In GeV, about the upper end of the 68 % interval of its prior."""

Array = npt.NDArray[np.floating]
Score = Callable[[Array], Array]


def main() -> None:
    """Measure and print."""
    score, rows = train(), {name: simulate(name, EVENTS[name], 5) for name in PROCESSES}
    scores = {name: score(features_of(rows[name])[0]) for name in PROCESSES}
    edges = choose_edges(scores)
    counts = {name: count(name, scores[name], edges) for name in PROCESSES}
    total = sum(counts.values())
    influence = find_influence(counts, lambda **nuisances: count_all(rows, score, edges, **nuisances))
    variance = influence**2 * total
    inside = 0.0
    for name in PROCESSES:
        chosen = is_informative(rows[name][features_of(rows[name])[1]])
        own = influence**2 * count(name, scores[name][chosen], edges)
        inside += own.sum()
        share = (influence**2 * counts[name]).sum() / variance.sum()
        print(f"{name}: {share:.2f} of the variance; {chosen.mean():.2f} of its selected events are in the region")
    print(f"in the region: {inside / variance.sum():.3f} of the variance from counts")


def features_of(rows: npt.NDArray[np.float32], **nuisances: object) -> tuple[Array, npt.NDArray[np.int64]]:
    """Select events; give their features, shape (n, 28), and which rows they are."""
    features, kept = transform(rows, **nuisances)  # type: ignore[arg-type]
    return features.T, kept


def train() -> Score:
    """Train a classifier on both classes with the same summed weight."""
    events = {name: features_of(simulate(name, n, 77))[0] for name, n in TRAINING.items()}
    weights = {name: np.full(len(own), NOMINAL_YIELDS[name] / TRAINING[name]) for name, own in events.items()}
    is_signal = np.concatenate([np.full(len(events[name]), name == SIGNAL) for name in events])
    weight = np.concatenate(list(weights.values()))
    weight = np.where(is_signal, weight / weight[is_signal].sum(), weight / weight[~is_signal].sum())
    classifier = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.25, min_samples_leaf=200, early_stopping=False, random_state=1
    )
    classifier.fit(np.concatenate(list(events.values())), is_signal, weight / weight.mean())
    score: Score = classifier.decision_function
    return score


def choose_edges(scores: dict[str, Array]) -> Array:
    """Choose bins with equal signal, finer at its end, and some that divide the bulk of ztautau."""
    signal = np.quantile(scores[SIGNAL], [*np.linspace(0.02, 0.98, 30), 0.99, 0.995])
    return np.unique(np.concatenate([signal, np.quantile(scores["ztautau"], np.linspace(0.05, 0.95, 10))]))


def count(process: str, scores: Array, edges: Array) -> Array:
    """Expect so many events of a process in every bin."""
    return np.bincount(np.digitize(scores, edges), minlength=len(edges) + 1) * NOMINAL_YIELDS[process] / EVENTS[process]


def count_all(rows: dict[str, npt.NDArray[np.float32]], score: Score, edges: Array, **nuisances: float) -> Array:
    """Expect so many events of all processes in every bin, with tes, jes or soft_met."""
    rng, counts = np.random.default_rng(1), np.zeros(len(edges) + 1)
    width = nuisances.pop("soft_met", 0.0)
    for name, own in rows.items():
        noise = (width * rng.standard_normal((2, len(own)))).astype(np.float32) if width else None
        counts += count(name, score(features_of(own, noise=noise, **nuisances)[0]), edges)
    return counts


def find_influence(counts: dict[str, Array], distorted: Callable[..., Array]) -> Array:
    """Find how much one more event in a bin changes the fitted mu, nuisance parameters being fitted too."""
    total = sum(counts.values())
    slopes = [counts[SIGNAL]]
    slopes += [(distorted(**{name: 1.01}) - distorted(**{name: 0.99})) / 2 for name in ("tes", "jes")]
    slopes += [distorted(soft_met=SOFT_MET) - total]
    slopes += [0.02 * counts["ttbar"], 0.25 * counts["diboson"], 0.001 * (total - counts[SIGNAL])]
    prior = np.diag([0.0] + 6 * [1.0])
    covariance = np.linalg.inv((np.array(slopes) / total) @ np.array(slopes).T + prior)
    return covariance[0] @ (np.array(slopes) / total)


if __name__ == "__main__":
    main()
