"""Counting above a cut: the statistics of every submission here, as several in the field had it."""

import numpy as np


class StatisticalAnalysis:
    def __init__(self, scores, weights, labels):
        scores, weights, labels = np.ravel(scores), np.asarray(weights), np.asarray(labels)
        self.cut = np.quantile(scores[labels == 1], 0.3)
        chosen = scores > self.cut
        self.signal = weights[chosen & (labels == 1)].sum()
        self.background = weights[chosen & (labels == 0)].sum()

    def compute_mu(self, scores, weights):
        observed = weights[np.ravel(scores) > self.cut].sum()
        mu_hat = (observed - self.background) / self.signal
        delta_mu_hat = np.sqrt(observed) / self.signal
        return {
            "mu_hat": mu_hat,
            "delta_mu_hat": delta_mu_hat,
            "p16": mu_hat - delta_mu_hat / 2,
            "p84": mu_hat + delta_mu_hat / 2,
        }
