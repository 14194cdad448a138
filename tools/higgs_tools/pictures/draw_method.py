"""The picture of a method's README: its pulls, and how its estimates follow mu."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm

from higgs_tools.baselines.result_file import ResultFile

MAX_PULL = 4.0
"""Pulls beyond are in the outermost bins."""


def draw_method(result: ResultFile, path: Path) -> None:
    """Draw the pulls beside a normal distribution, and for each set how far its estimates are off.

    Args:
        result: of a run.
        path: of the picture; its ending says in which format.
    """
    answers = result.answers
    mus = np.array(answers.mus)[:, np.newaxis]
    errors, stated = np.array(answers.mu_hats) - mus, np.array(answers.delta_mu_hats)
    pulls = np.clip(errors[stated > 0] / stated[stated > 0], -MAX_PULL, MAX_PULL)
    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    edges = np.linspace(-MAX_PULL, MAX_PULL, 33)
    left.hist(pulls, edges, density=True, color="#99bbdd")
    x = np.linspace(-MAX_PULL, MAX_PULL, 200)
    left.plot(x, norm.pdf(x), color="black", linewidth=1)
    if result.pulls is not None:
        left.set_title(f"pulls: mean {result.pulls.mean:+.2f}, width {result.pulls.width:.2f}", fontsize=10)
    left.set_xlabel(r"$(\hat\mu - \mu) / \delta\hat\mu$")
    left.set_yticks([])
    order = np.argsort(mus[:, 0])
    half = stated.mean(axis=1)
    right.fill_between(mus[order, 0], -half[order], half[order], color="0.9", label=r"$\pm$ mean $\delta\hat\mu$")
    means = errors.mean(axis=1)
    right.errorbar(
        mus[:, 0], means, errors.std(axis=1), fmt="o", markersize=4, color="#4477aa", label="mean and spread"
    )
    right.axhline(0, color="0.6", linewidth=0.8)
    right.set_xlabel(r"true $\mu$ of a set")
    right.set_ylabel(r"$\hat\mu - \mu$")
    right.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=130)
