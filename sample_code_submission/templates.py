"""Expected counts in bins of the score, for every process, as smooth functions of tes, jes and soft_met."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from classifier import Classifier

Floats = npt.NDArray[np.floating]
Systematics = Callable[..., pd.DataFrame]

PROCESSES = ("htautau", "ztautau", "diboson", "ttbar")
SIGNAL = PROCESSES.index("htautau")
BINS = 60
MIN_BACKGROUND_ROWS = 100
"""In a bin; thinner ones join a neighbour, so that no template is made of a handful of events."""

RATIO_ROWS = 700_000
"""Rows that show how the nuisance parameters change the templates: distorted and nominal events are the same
ones, so that far fewer are needed than for the templates themselves."""

SMOOTHNESS = 10
"""Degree of the polynomial in the bin's position by which a template's response varies along the score."""

ROWS_AT_ONCE = 500_000
SIGMA = 0.01
"""Prior width of tes and jes, the unit in which they are measured here."""

DESIGN = (
    *((t, 0.0, 0.0) for t in (-2.0, -1.0, 1.0, 2.0)),
    *((0.0, j, 0.0) for j in (-2.0, -1.0, 1.0, 2.0)),
    *((0.0, 0.0, s) for s in (0.7, 1.5, 2.5, 3.5, 5.0)),
    *((t, j, 0.0) for t in (-1.5, 1.5) for j in (-1.5, 1.5)),
    *((t, 0.0, 3.0) for t in (-1.5, 1.5)),
    *((0.0, j, 3.0) for j in (-1.5, 1.5)),
)
"""Points (tes and jes in sigma, soft_met in GeV) at which the change of the templates is measured."""


@dataclass(frozen=True)
class Scored:
    """Selected events, as little of each as templates need; arrays of shape (n,).

    Attributes:
        scores: of the classifier.
        weights: adding up to the expected yields.
        processes: positions in PROCESSES.
    """

    scores: Floats
    weights: Floats
    processes: npt.NDArray[np.int8]


@dataclass(frozen=True)
class Templates:
    """Expected counts per bin and process.

    Attributes:
        edges: inner bin edges of the score, shape (bins - 1,).
        nominal: expected counts at nominal nuisance parameters and mu = 1, shape (4, bins).
        variance: of the nominal counts' sum over backgrounds, from the finite number of training rows, shape (bins,).
        response: coefficients of log(counts / nominal) in `terms`, shape (4, bins, 9).
    """

    edges: Floats
    nominal: Floats
    variance: Floats
    response: Floats

    def count(self, scores: Floats, weights: Floats) -> Floats:
        """Count events in the bins; scores and weights of shape (n,), result (bins,)."""
        bins = np.digitize(scores, self.edges)
        return np.bincount(bins, weights=weights, minlength=len(self.edges) + 1).astype(np.float64)

    def at(self, tes: float, jes: float, soft_met: float) -> Floats:
        """Give the expected counts, shape (4, bins); tes and jes in sigma, soft_met in GeV."""
        return self.nominal * np.exp(self.response @ terms(tes, jes, soft_met))


def terms(tes: float, jes: float, soft_met: float) -> Floats:
    """Give the nine terms of a quadratic that vanishes at nominal."""
    t, j, s = tes, jes, soft_met
    return np.array([t, j, s, t * t, j * j, s * s, t * j, t * s, j * s])


def build_templates(
    get_train_set: Callable[..., pd.DataFrame], rows: range, systematics: Systematics, classifier: Classifier
) -> Templates:
    """Fill templates with labelled events that the classifier was not trained on.

    Args:
        get_train_set: the challenge's function; asked for a slice of rows at a time, so that memory stays bounded.
        rows: the training rows to use.
        systematics: the challenge's function.
        classifier: gives the scores.

    Returns:
        Templates.
    """
    events = _score(_read(get_train_set, rows), systematics, classifier)
    edges = choose_edges(events.scores, events.weights, events.processes == SIGNAL)
    nominal, variance = _fill(events, edges)
    fewer = list(_read(get_train_set, rows[:RATIO_ROWS]))
    baseline, noise = _fill(_score(fewer, systematics, classifier), edges)
    ratios = []
    for number, point in enumerate(DESIGN):
        print(f"templates at nuisance point {number + 1} of {len(DESIGN)}")
        distorted, _ = _fill(_score(fewer, systematics, classifier, point, seed=number), edges)
        ratios.append(np.log(_positive(distorted, noise) / _positive(baseline, noise)))
    background = np.delete(np.arange(len(PROCESSES)), SIGNAL)
    response = _respond(np.array(ratios), _positive(baseline, noise))
    return Templates(edges, _positive(nominal, variance), variance[background].sum(axis=0), response)


def choose_edges(scores: Floats, weights: Floats, is_signal: npt.NDArray[np.bool_]) -> Floats:
    """Choose inner bin edges that populate the bins equally, signal and background counting the same.

    Args:
        scores, weights, is_signal: of selected events, shape (n,).

    Returns:
        Increasing edges, at most BINS - 1; each bin holds at least MIN_BACKGROUND_ROWS rows of background.
    """
    shares = np.where(is_signal, weights / weights[is_signal].sum(), weights / weights[~is_signal].sum())
    order = np.argsort(scores)
    cumulative = np.cumsum(shares[order])
    wanted = np.searchsorted(cumulative, cumulative[-1] * np.arange(1, BINS) / BINS)
    candidates = np.unique(scores[order][np.minimum(wanted, len(order) - 1)])
    background = np.sort(scores[~is_signal])
    edges: list[float] = []
    above = len(background)
    for edge in candidates[::-1]:
        rows = above - np.searchsorted(background, edge)
        if rows >= MIN_BACKGROUND_ROWS and above - rows >= MIN_BACKGROUND_ROWS:
            edges.append(edge)
            above -= rows
    return np.array(edges[::-1])


def _read(get_train_set: Callable[..., pd.DataFrame], rows: range) -> Iterator[pd.DataFrame]:
    """Read training rows in slices, whose weights together, not each alone, add up to the expected yields."""
    for start in range(rows.start, rows.stop, ROWS_AT_ONCE):
        piece = range(start, min(start + ROWS_AT_ONCE, rows.stop))
        events = get_train_set(selected_indices=piece)
        events["weights"] *= len(piece) / len(rows)
        # Numbers, since systematics, which is called for every point of DESIGN, copies and checks strings slowly.
        events["process"] = pd.Index(PROCESSES).get_indexer(pd.Index(events.pop("detailed_labels"))).astype(np.int8)
        yield events


def _score(
    slices: Iterable[pd.DataFrame],
    systematics: Systematics,
    classifier: Classifier,
    point: tuple[float, float, float] = (0.0, 0.0, 0.0),
    seed: int = 0,
) -> Scored:
    """Distort, select and score events, and keep only what templates need of them."""
    tes, jes, soft_met = point
    scored = []
    for number, events in enumerate(slices):
        part = systematics(
            events, tes=1 + SIGMA * tes, jes=1 + SIGMA * jes, soft_met=soft_met, seed=1000 * seed + number
        )
        scored.append((classifier.scores(part), part["weights"].to_numpy(), part["process"].to_numpy()))
    return Scored(*(np.concatenate(arrays) for arrays in zip(*scored, strict=True)))


def _fill(events: Scored, edges: Floats) -> tuple[Floats, Floats]:
    """Sum weights, and squared weights, per process and bin; shapes (4, bins)."""
    shape = len(PROCESSES), len(edges) + 1
    cells = events.processes.astype(np.int64) * shape[1] + np.digitize(events.scores, edges)
    weights = events.weights.astype(np.float64)

    def add_up(values: Floats) -> Floats:
        return np.bincount(cells, weights=values, minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)

    return add_up(weights), add_up(weights**2)


def _positive(counts: Floats, squares: Floats) -> Floats:
    """Lift empty bins to a tenth of a typical event, so that every logarithm exists."""
    typical = squares.sum(axis=1, keepdims=True) / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    return np.maximum(counts, 0.1 * np.maximum(typical, 1e-6))


def _respond(ratios: Floats, baseline: Floats) -> Floats:
    """Fit the logarithmic changes of the templates at the design points.

    A template's change is a quadratic in the nuisance parameters whose coefficients are polynomials in the bin's
    position: neighbouring bins of a score behave alike, and what one bin lacks in events the others lend.

    Args:
        ratios: log(distorted / nominal), shape (points, 4, bins).
        baseline: nominal counts, shape (4, bins), which weight the bins.

    Returns:
        Coefficients of `terms`, shape (4, bins, 9).
    """
    in_nuisances = np.array([terms(*point) for point in DESIGN])
    bins = baseline.shape[1]
    along_score = np.polynomial.legendre.legvander(np.linspace(-1, 1, bins), min(SMOOTHNESS, bins - 1))
    response = np.empty((len(PROCESSES), bins, in_nuisances.shape[1]))
    for number in range(len(PROCESSES)):
        weights = np.sqrt(baseline[number])
        rows = np.einsum("pk,bm,b->pbkm", in_nuisances, along_score, weights)
        rows = rows.reshape(-1, in_nuisances.shape[1] * along_score.shape[1])
        solution = np.linalg.lstsq(rows, (ratios[:, number] * weights).ravel(), rcond=1e-6)[0]
        response[number] = along_score @ solution.reshape(in_nuisances.shape[1], -1).T
    return response
