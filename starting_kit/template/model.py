"""A template: one number of each event, a cut on it, and an interval calibrated on simulated pseudo-experiments.

It runs as it is. Replace the parts marked "yours:". `higgs-challenge check` reports whether it still runs.
"""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

ROWS = {"htautau": 150_000, "ztautau": 400_000, "ttbar": 100_000, "diboson": 30_000}
"""Training events to ask for of each process: enough for what is done here. There are up to 150 million."""

SHAPE_SHARE = 1 / 3
"""Share of these that train the classifier; as many others show the effect of nuisance parameters."""

SIMULATIONS = 15
"""Draws of the nuisance parameters for the calibration; each distorts all calibration events anew."""

FEWEST = 50
"""Least number of background events above the tightest cut tried; with fewer, fluctuations would pick the cut."""

THROWS = 200
"""Statistical fluctuations of each draw."""

MU_RANGE = (0.1, 3.0)
COVERAGE = 0.6827


class Model:
    """The class that the platform creates, fits once, copies to its workers and calls for every pseudo-experiment.

    Args:
        get_train_set: get_train_set(train_size=N) gives N labelled events as a DataFrame: 28 features, labels (1 for
            signal), detailed_labels, and weights, whose sum is the expected number of events. With a dict of N by
            process it gives so many of each, shuffled, and the weights are still right.
        systematics: systematics(events, tes=1.01, ...) gives them as a miscalibrated detector would, selected.
    """

    def __init__(self, get_train_set=None, systematics=None):
        self.get_train_set = get_train_set
        self.systematics = systematics

    def fit(self):
        """Train the classifier with some of the events, and calibrate with the others."""
        events = self.get_train_set(train_size=ROWS)
        rows = np.arange(len(events))
        few = int(SHAPE_SHARE * len(events))
        self.classifier = train(self.systematics(part_of(events, rows < few)))
        self.calibrate(part_of(events, rows >= few), part_of(events, (few <= rows) & (rows < 2 * few)))
        print(f"cut {self.cut:.2f}: {self.signal:.0f} signal and {self.background:.0f} background events expected")

    def predict(self, test_set):
        """Count the events above the cut; what exceeds the expected background is signal.

        Args:
            test_set: test_set["data"] is a DataFrame of 28 features, test_set["weights"] has their weights (all one).
        """
        count = np.sum(test_set["weights"].to_numpy()[self.score(test_set["data"]) > self.cut])
        mu_hat = (count - self.background) / self.signal
        low, high = mu_hat - self.largest_error, mu_hat - self.smallest_error
        p16, p84 = np.clip([low, high], *MU_RANGE)  # mu is known to lie there; delta_mu_hat is from before this cut
        return {"mu_hat": np.clip(mu_hat, p16, p84), "delta_mu_hat": (high - low) / 2, "p16": p16, "p84": p84}

    def calibrate(self, many, few):
        """Measure simulated pseudo-experiments, whose mu is known, and choose the cut with the narrowest interval.

        The interval is where 68.27 % of the errors lie, whatever they come from: it covers if the simulation is right.
        yours: nothing here learns the nuisance parameters from the data; a fit in several bins would (iminuit).
        """
        rng = np.random.default_rng(1)
        nominal, shape = self.systematics(many), self.systematics(few)
        background_scores = self.score(shape[shape["labels"] == 0])
        tightest = max(3e-4, FEWEST / len(background_scores))
        cuts = np.quantile(background_scores, 1 - np.geomspace(0.1, tightest, 30))
        signal, background, unsure = self.count(nominal, cuts)
        before = self.count(shape, cuts)
        errors = []
        for _ in range(SIMULATIONS):
            after = self.count(self.systematics(few, **draw_nuisances(rng)), cuts)
            true_signal, true_background = signal * after[0] / before[0], background * after[1] / before[1]
            mu = rng.uniform(*MU_RANGE, (THROWS, 1))
            expected = mu * true_signal + true_background + unsure * rng.standard_normal((THROWS, 1))
            errors.append((rng.poisson(np.maximum(expected, 0)) - background) / signal - mu)
        ends = np.quantile(np.concatenate(errors), [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2], axis=0)
        best = np.argmin(ends[1] - ends[0])
        self.cut, self.signal, self.background = cuts[best], signal[best], background[best]
        self.smallest_error, self.largest_error = ends[:, best]

    def score(self, events):
        """Score each event; signal-like events score high."""
        return self.classifier.decision_function(features(events))

    def count(self, events, cuts):
        """Expected signal and background above each cut, and the latter's uncertainty from limited simulation."""
        weights, is_signal = events["weights"].to_numpy(), events["labels"].to_numpy() == 1
        passed = np.searchsorted(cuts, self.score(events))  # how many of the cuts, from the lowest

        def above(values):
            return np.cumsum(np.bincount(passed, values, len(cuts) + 1)[::-1])[-2::-1]

        return above(weights * is_signal), above(weights * ~is_signal), np.sqrt(above(weights**2 * ~is_signal))


def train(events):
    """Train boosted trees to separate signal from background.

    yours: any classifier, and any features.
    """
    weights = events["weights"] / events.groupby("labels")["weights"].transform("sum")  # both as frequent
    classifier = HistGradientBoostingClassifier(max_iter=40, learning_rate=0.2, max_leaf_nodes=15, random_state=1)
    return classifier.fit(features(events), events["labels"], weights / weights.mean())


def features(events):
    """Return the 28 features of events as an array, in the same order for training events and pseudo-experiments."""
    return events[sorted(name for name in events.columns if name.startswith(("PRI_", "DER_")))].to_numpy(np.float32)


def part_of(events, chosen):
    """Take some of the events, and weight each process so that it still has its expected number."""
    part = events[chosen].reset_index(drop=True)
    whole = events.groupby("detailed_labels")["weights"].sum()
    kept = part.groupby("detailed_labels")["weights"].sum()
    part["weights"] *= part["detailed_labels"].map(whole / kept).to_numpy()
    return part


def draw_nuisances(rng):
    """Draw all six nuisance parameters as the platform does."""
    return {
        "tes": np.clip(rng.normal(1, 0.01), 0.9, 1.1),
        "jes": np.clip(rng.normal(1, 0.01), 0.9, 1.1),
        "soft_met": np.clip(rng.lognormal(0, 1), 0, 5),
        "ttbar_scale": np.clip(rng.normal(1, 0.02), 0.8, 1.2),
        "diboson_scale": np.clip(rng.normal(1, 0.25), 0, 2),
        "bkg_scale": np.clip(rng.normal(1, 0.001), 0.99, 1.01),
        "seed": int(rng.integers(2**31)),
    }
