"""Draw what the trained reference knows, for docs/methods.md: its bins and responses, and the impacts on mu.

make train STORE=build/data/large-2028/store
.venv/bin/python benchmarks/pictures_of_the_reference.py
"""

import sys
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from higgs_inference.asimov import expected_width, mean_expected_width
from higgs_inference.binning import Binning
from higgs_inference.fitting import fit
from higgs_inference.impacts import draw_impacts, find_impacts, format_impacts
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.templates import Floats, Templates

ROOT = Path(__file__).resolve().parents[1]
SUBMISSION = ROOT / "sample_code_submission"
DOCS = ROOT / "docs"

NOMINAL = {"soft_met": -40.0}
"""Pulls at which nothing is distorted: exp(-40) GeV are none."""

SHIFTED = {"tes + 1 σ": {"tes": 1.0}, "jes + 1 σ": {"jes": 1.0}, "soft_met = 3 GeV": {"soft_met": np.log(3.0)}}
COLOURS = {"ztautau": "#4477aa", "ttbar": "#228833", "diboson": "#ccbb44", "htautau": "#ee6677"}


def parameters_at(templates: Templates, pulls: dict[str, float]) -> Floats:
    """Return mu = 1 and the pulls, those not named nominal."""
    return np.array([1.0, *(({**NOMINAL, **pulls}).get(name, 0.0) for name in templates.names[1:])])


def draw_bins(templates: Templates, binning: Binning, path: Path) -> None:
    """Draw expected counts and the response of the background, a column for each part of the second discriminant."""
    figure = Figure(figsize=(11, 5.5), layout="constrained")
    parts = binning.edges[1].shape[1] + 1
    bin_of = binning.bins.reshape(-1, parts)
    edges = np.arange(len(bin_of) + 1)
    nominal = templates.by_process(parameters_at(templates, {}))
    backgrounds = np.arange(len(templates.processes)) != templates.signal_index
    columns = figure.subplots(2, parts, sharex=True, sharey="row", height_ratios=[3, 2]).T
    for number, (above, below) in enumerate(columns):
        own = bin_of[:, number]
        for process, counts in zip(templates.processes, nominal[:, own], strict=True):
            above.stairs(counts, edges, label=process, color=COLOURS[process], linewidth=1.2)
        for (text, pulls), colour in zip(SHIFTED.items(), ("#4477aa", "#ee6677", "#228833"), strict=True):
            moved = templates.by_process(parameters_at(templates, pulls))
            ratio = moved[backgrounds].sum(axis=0) / nominal[backgrounds].sum(axis=0)
            below.stairs(100 * (ratio[own] - 1), edges, baseline=None, label=text, color=colour, linewidth=1.2)
        below.axhline(0, color="0.7", linewidth=0.8)
        above.set_title(f"part {number + 1} of top over Z", fontsize=10)
        above.set_xlim(0, len(bin_of))
    above, below = columns[0]
    above.set_yscale("log")
    above.set_ylim(0.1, None)
    above.set_ylabel("expected events")
    below.set_ylabel("change of background (%)")
    figure.supxlabel("part of signal over background", fontsize=10)
    columns[0][0].legend(frameon=False, fontsize=9, loc="center left")
    columns[-1][1].legend(frameon=False, fontsize=9, loc="lower right")
    figure.savefig(path, dpi=130)


def main() -> None:
    """Draw both pictures, and print the table of impacts and expected widths with one nuisance parameter known."""
    sys.path.insert(0, str(SUBMISSION))
    _, measurement = torch.load(SUBMISSION / "trained_model.pt", weights_only=False)
    templates = measurement.templates
    draw_bins(templates, measurement.binning, DOCS / "methods_bins.png")
    truth = np.array([1.0] + [0.0] * len(templates.nuisances))
    likelihood = BinnedLikelihood(templates, templates.by_process(truth).sum(axis=0))
    impacts = find_impacts(likelihood, fit(likelihood))
    draw_impacts(impacts, DOCS / "methods_impacts.png")
    print(format_impacts(impacts))
    print(f"\nmean expected width {mean_expected_width(templates):.3f}; at mu = 1 {expected_width(templates, 1.0):.3f}")
    for name in templates.names[1:]:
        print(f"the same with {name} known: {expected_width(templates, 1.0, fixed=[name]):.3f}")


if __name__ == "__main__":
    main()
