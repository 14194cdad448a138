# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How strong is H → ττ, and how well do we know it?
#
# This notebook walks through the whole challenge: the measurement, the events, what the six nuisance parameters do to
# them, a first classifier, the interval from a profile likelihood, a submission made of it, its score, and the zip to
# upload. Everything is computed here; change a number and run it again.

# %%
import json
import linecache
import os
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import mplhep
import numpy as np
import pandas as pd
from IPython.display import IFrame

import plots
from higgs_challenge import Experiment, Nuisances, TrainingSet, draw_pseudo_experiment, open_store, systematics
from higgs_challenge.tasks.higgs.events.nuisances import PRIORS
from higgs_scoring.metrics import TARGET_COVERAGE, coverage, coverage_penalty, mean_width, quantile_score

plots.use_style()


# %% [markdown]
# This function runs the challenge's programs. It shows their output, and stops the notebook if one fails.


# %%
def run(*command: object) -> None:
    with subprocess.Popen(
        [sys.executable, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
    if process.returncode:
        raise RuntimeError(f"The program failed with exit code {process.returncode}; what it said stands above.")


# %% [markdown]
# Without events there is nothing to measure. If there are none yet, synthetic ones are generated; `KIT_SIZE` (`tiny`,
# `small`, `large`) says how many, and `KIT_DATA` where they are.

# %%
size = os.environ.get("KIT_SIZE", "small")
near = [Path("build/data") / size, Path("../build/data") / size]
data = Path(os.environ.get("KIT_DATA") or next((folder for folder in near if folder.is_dir()), Path("data") / size))
if not (data / "store" / "hidden" / "part.json").exists():
    run("-m", "higgs_tools", "data", "--size", size, data)
store = open_store(data / "store")
print(store.source)

# %% [markdown]
# ## 1. The measurement
#
# The **signal strength** μ is the number of H → ττ decays, in units of what the Standard Model predicts. A
# **pseudo-experiment** is one data set as an experiment would record it, with a true μ that you do not know. You answer
# with an interval for μ. A single interval cannot be judged; a *method* can, by its **coverage**: how often its
# intervals contain the true μ. The aim is 68.27 %, one standard deviation of a normal error.
#
# The simplest case: count `n` events where `b` background events are expected, and `s` signal events if μ = 1. The
# estimate is (n − b) / s, its error √n / s.

# %%
rng = np.random.default_rng(1)
s, b, true_mu, number = 300.0, 10_000.0, 1.2, 50
counts = rng.poisson(true_mu * s + b, number)
mu_hat, error = (counts - b) / s, np.sqrt(counts) / s
figure, axes = plots.wide_figure()
for panel, scale in zip(axes, (1.0, 0.5), strict=True):
    low, high = mu_hat - scale * error, mu_hat + scale * error
    plots.draw_intervals(panel, np.full(number, true_mu), low, high)
    panel.set_title(f"Errors × {scale:g}: coverage {coverage(true_mu, low, high):.2f}")

# %% [markdown]
# Intervals of half the width look better but are wrong too often. The **quantile score** makes that expensive: −ln of
# the mean width times a penalty, which is 1 as long as the coverage is compatible with 68.27 %. Scale all errors of the
# counting experiment by a common factor, and see which factor wins:

# %%
many = rng.poisson(true_mu * s + b, 1000)
centre, error = (many - b) / s, np.sqrt(many) / s
factors = np.linspace(0.5, 1.6, 56)
ends = [(centre - factor * error, centre + factor * error) for factor in factors]
covered = np.array([coverage(true_mu, *pair) for pair in ends])
widths = np.array([mean_width(*pair) for pair in ends])
figure, (left, right) = plots.wide_figure()
left.plot(factors, covered, linewidth=4)
left.axhline(TARGET_COVERAGE, color="black", linestyle="--", linewidth=2, label=f"{TARGET_COVERAGE:.2%}")
left.set(xlabel="Factor on all errors", ylabel="Coverage")
left.legend()
right.plot(factors, quantile_score(widths, coverage_penalty(covered, len(many))), linewidth=4)
right.set(xlabel="Factor on all errors", ylabel="Quantile score (larger is better)")
right.set_title(f"{len(many)} pseudo-experiments")
plt.show()

# %% [markdown]
# Intervals that are too short cost most, and too long ones a lot. Wrong coverage never pays off.
#
# ## 2. The events
#
# `get_train_set` gives labelled events, weighted so that each process has its expected yield at 10 fb⁻¹. A submission
# gets the same function. The rows used to train the classifier are kept separate from those used for plots and
# templates.

# %%
get_train_set = TrainingSet(store.training_folder)
available = len(get_train_set)
for_classifier = range(min(available // 5, 600_000))
for_templates = range(len(for_classifier), min(available, 10_000_000))
shown = get_train_set(selected_indices=for_templates[:1_000_000])
summary = shown.groupby("detailed_labels")["weights"].agg(rows_read="size", expected_events="sum")
summary.loc[list(plots.LABELS)].round(1)

# %% [markdown]
# These are nominal events before the selection. `systematics` applies it: lepton, hadronic tau and jets above their
# thresholds, derived columns computed anew. What it keeps is what a pseudo-experiment consists of.

# %%
selected = systematics(shown)
by_process = dict(list(selected.groupby("detailed_labels")))
nominal = Experiment(set_index=0, index=0, mu=1.0, nuisances=Nuisances(), seed=1)
experiment = draw_pseudo_experiment(store, nominal)
expected_number, uncertainty = selected["weights"].sum(), np.sqrt(np.square(selected["weights"]).sum())
print(f"expected after selection    {expected_number:9.0f} ± {uncertainty:.0f} (number of training events)")
print(f"in one pseudo-experiment    {len(experiment['data']):9d} ± {np.sqrt(len(experiment['data'])):.0f}")
experiment["data"].describe().loc[["mean", "std", "min", "max"]].T.round(2)

# %% [markdown]
# Stack: expectation for each process. Points: one pseudo-experiment with μ = 1 and nominal nuisance parameters. The
# signal is too small to be seen in the stack, so it is drawn once more, enlarged.


# %%
def stack_of(name: str) -> tuple:
    variable = plots.VARIABLES[name]
    return variable, plots.fill_processes(by_process, variable), plots.fill(experiment["data"], variable)


stacks = [stack_of(name) for name in ("DER_mass_vis", "DER_mass_transverse_met_lep", "PRI_had_pt", "DER_pt_h")]
plots.draw_stacks(stacks, remark=store.source)
plt.show()

# %% [markdown]
# Almost all events are Z bosons. The Higgs boson decays similarly, but it is heavier, so the visible mass is larger,
# and it recoils against jets more often, so its transverse momentum is larger. Does the expectation describe the data,
# within the statistical errors of both?


# %%
def compatibility(expected: dict, data: object) -> tuple[float, int]:
    total = sum(expected.values())
    variance = total.variances() + data.variances()
    filled = total.values() + data.values() > 20
    return float(np.sum((data.values() - total.values())[filled] ** 2 / variance[filled])), int(filled.sum())


for variable, expected, observed in stacks:
    chi2, bins = compatibility(expected, observed)
    print(f"{variable.name:30} χ² / bins = {chi2:5.1f} / {bins} = {chi2 / bins:.2f}")
rarest = min(store.multiples().values())
print(f"The hidden events are {rarest:.1f} times those of one pseudo-experiment.")

# %% [markdown]
# Pseudo-experiments are drawn from hidden events, whose number is limited too. If they are not many times those of a
# pseudo-experiment, all pseudo-experiments share the same fluctuation, and χ² grows. With `tiny` events, this shows
# how things work, not how well they work.
#
# ## 3. The nuisance parameters
#
# In every pseudo-experiment six more numbers are unknown. They are drawn from these priors:

# %%
pd.DataFrame(
    [
        {"parameter": name, "prior": f"{p.shape}({p.centre:g}, {p.width:g})", "clipped to": f"{p.low:g} … {p.high:g}"}
        | {"nominal": getattr(Nuisances(), name)}
        for name, p in PRIORS.items()
    ]
).set_index("parameter")

# %% [markdown]
# `tes` and `jes` scale the energies of the hadronic tau and of jets, and the missing momentum balances it; `soft_met`
# adds noise to the missing momentum; three scales change how many events of a background there are. `systematics`
# shows each effect. Here are changes by three standard deviations; for `soft_met`, which is never negative, its largest
# value and its median.


# %%
def changes_of(name: str) -> dict[str, float]:
    prior = PRIORS[name]
    if prior.shape == "lognormal":
        return {f"{value:g} GeV": value for value in (prior.high, np.exp(prior.centre))}
    return {"+3σ": prior.centre + 3 * prior.width, "−3σ": prior.centre - 3 * prior.width}


pictures = {
    "tes": "DER_mass_vis",
    "jes": "PRI_jet_leading_pt",
    "soft_met": "PRI_met",
    "ttbar_scale": "PRI_n_jets",
    "diboson_scale": "DER_mass_transverse_met_lep",
    "bkg_scale": "DER_mass_vis",
}
fewer = shown.iloc[:500_000].assign(weights=lambda events: events["weights"] * len(shown) / len(events))
panels = []
for name, column in pictures.items():
    variable = plots.VARIABLES[column]
    versions = {"nominal": plots.fill(systematics(fewer), variable)}
    for label, value in changes_of(name).items():
        versions[f"{name} {label}"] = plots.fill(systematics(fewer, **{name: value}), variable)
    panels.append((variable, versions))
plots.draw_variations(panels)
plt.show()

# %% [markdown]
# The scales of rare backgrounds change little overall, but a lot in the regions that these backgrounds populate. The
# energy scales change spectra: `tes` moves the shoulder of the Z peak, on which the Higgs signal sits.
#
# ## 4. A first model
#
# Boosted trees on a few features, both classes with the same total weight. The cells that define something used by
# the submission become its files later, as they stand.

# %%
# classifier.py
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait leave the cores to other processes

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

FEATURES = [
    *("DER_mass_vis", "DER_mass_transverse_met_lep", "DER_pt_h", "DER_deltar_had_lep", "DER_pt_ratio_lep_had"),
    *("DER_met_phi_centrality", "DER_sum_pt", "DER_mass_jet_jet", "DER_deltaeta_jet_jet", "PRI_had_pt", "PRI_met"),
]


def train_classifier(events: pd.DataFrame) -> HistGradientBoostingClassifier:
    """Train on selected events with labels and weights."""
    totals = events.groupby("labels")["weights"].transform("sum")
    classifier = HistGradientBoostingClassifier(max_iter=30, learning_rate=0.3, early_stopping=False, random_state=1)
    return classifier.fit(events[FEATURES].to_numpy(), events["labels"], sample_weight=events["weights"] / totals)


def score_events(classifier: HistGradientBoostingClassifier, events: pd.DataFrame) -> pd.Series:
    """Return each event's probability of being signal, if signal and background were equally frequent."""
    return pd.Series(classifier.predict_proba(events[FEATURES].to_numpy())[:, 1], index=events.index)


# %%
classifier = train_classifier(systematics(get_train_set(selected_indices=for_classifier)))
selected["score"] = score_events(classifier, selected)
by_process = dict(list(selected.groupby("detailed_labels")))
experiment["data"]["score"] = score_events(classifier, experiment["data"])
score_stack = stack_of("score")
plots.draw_stacks([score_stack], remark=store.source)
plt.show()

# %% [markdown]
# How well does it separate? Left: the fraction of background kept for a given fraction of signal. Right: the expected
# significance, s/√b, of simply cutting on the score and counting.

# %%
signal = selected["labels"] == 1
thresholds = np.linspace(0, 1, 201)
kept = [
    np.histogram(selected["score"][group], thresholds, weights=selected["weights"][group])[0]
    for group in (signal, ~signal)
]
signal_left, background_left = (counts[::-1].cumsum()[::-1] for counts in kept)
enough = background_left > 30
figure, (left, right) = plots.wide_figure()
left.plot(signal_left / signal_left[0], background_left / background_left[0], linewidth=4)
left.set(xlabel="Share of signal kept", ylabel="Share of background kept", yscale="log", xlim=(0, 1), ylim=(1e-4, 1))
significance = signal_left[enough] / np.sqrt(background_left[enough])
right.plot(thresholds[:-1][enough], significance, linewidth=4)
right.set(xlabel="Cut on the score", ylabel="Expected significance", xlim=(0, 1), ylim=(0, None))
plt.show()
print(f"best single cut: significance {significance.max():.1f}, which measures μ = 1 ± {1 / significance.max():.2f}")

# %% [markdown]
# ## 5. The interval
#
# A cut throws away the information in the events below it, so instead the score is binned, with the same expected
# signal in every bin. A **template** is the expected count of a process in each bin. The nuisance parameters change it:
# that is measured at two values of each and joined by a parabola through nominal, smooth from bin to bin. Templates
# have an uncertainty of their own, from the number of training events. All rows serve for the nominal templates; for
# the changes fewer are enough, because the same events are compared before and after.

# %%
# templates.py
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

PROCESSES = ["htautau", "ztautau", "diboson", "ttbar"]
BINS = 25
DEGREE = 5
ROWS_AT_ONCE = 500_000
ROWS_FOR_CHANGES = 1_000_000
SIGMA = 0.01  # of the priors of tes and jes
POINTS = {"tes": (-1.5, 1.5), "jes": (-1.5, 1.5), "soft_met": (1.5, 4.0)}  # in SIGMA, in SIGMA, in GeV


@dataclass(frozen=True)
class Templates:
    """Expected counts: edges (BINS - 1), nominal (4, BINS), variance (BINS), slopes and curvatures (3, 4, BINS)."""

    edges: np.ndarray
    nominal: np.ndarray
    variance: np.ndarray
    slopes: np.ndarray
    curvatures: np.ndarray


def count(templates: Templates, scores: pd.Series) -> np.ndarray:
    """Count a pseudo-experiment's events in the bins."""
    return np.bincount(np.digitize(scores, templates.edges), minlength=BINS).astype(float)


def smooth(changes: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Fit a polynomial along the bins to each process's change, so that few events do not make it jump."""
    places = np.arange(BINS)
    for point in changes:
        for process, weights in enumerate(np.sqrt(reference)):
            fit = np.polynomial.Polynomial.fit(places, point[process], DEGREE, w=weights)
            point[process] = fit(places)
    return changes


def build_templates(get_train_set: Callable, systematics: Callable, score: Callable, rows: range) -> Templates:
    """Fill templates with rows of the training set; score gives the scores of selected events."""

    def fill(rows: range, edges: np.ndarray, **nuisances: float) -> tuple[np.ndarray, np.ndarray]:
        sums = np.zeros((2, len(PROCESSES) * BINS))
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[start : start + ROWS_AT_ONCE]
            events = systematics(get_train_set(selected_indices=some), **nuisances)
            process = pd.Index(PROCESSES).get_indexer(events["detailed_labels"])
            weights = events["weights"].to_numpy(float) * len(some) / len(rows)
            cells = process * BINS + np.digitize(score(events), edges)
            sums += [np.bincount(cells, values, sums.shape[1]) for values in (weights, weights**2)]
        return tuple(sums.reshape(2, len(PROCESSES), BINS))

    first = systematics(get_train_set(selected_indices=rows[:ROWS_AT_ONCE]))
    edges = np.quantile(score(first[first["labels"] == 1]), np.arange(1, BINS) / BINS)
    nominal, squares = fill(rows, edges)
    some = rows[:ROWS_FOR_CHANGES]
    reference, _ = fill(some, edges)
    coefficients = []
    for name, points in POINTS.items():
        print(f"templates for {name}")
        values = points if name == "soft_met" else [1 + SIGMA * point for point in points]
        changed = np.stack([fill(some, edges, **{name: value})[0] for value in values])
        change = smooth(
            np.divide(changed - reference, reference, out=np.zeros_like(changed), where=reference > 0), reference
        )
        powers = np.array([[point, point**2] for point in points])
        coefficients.append(np.linalg.solve(powers, change.reshape(2, -1)).reshape(2, *nominal.shape))
    slopes, curvatures = np.stack(coefficients, axis=1)
    return Templates(edges, nominal, squares.sum(axis=0), slopes, curvatures)


# %%
templates = build_templates(get_train_set, systematics, lambda events: score_events(classifier, events), for_templates)
figure, axes = plots.wide_figure()
edges = np.arange(BINS + 1)
background = templates.nominal[1:].sum(axis=0)
mplhep.histplot(templates.nominal[0] / np.sqrt(background), edges, ax=axes[0], linewidth=3)
axes[0].set(xlabel="Bin of the score", ylabel="Expected significance", xlim=(0, BINS), ylim=(0, None))
for name, slope, curvature in zip(POINTS, templates.slopes, templates.curvatures, strict=True):
    change = (templates.nominal[1:] * (slope + curvature)[1:]).sum(axis=0) / background
    unit = "1 GeV" if name == "soft_met" else "+1σ"
    mplhep.histplot(100 * change, edges, ax=axes[1], linewidth=3, label=f"{name} {unit}", edges=False)
shape = 100 * templates.nominal[0] / background
mplhep.histplot(
    shape, edges, ax=axes[1], linewidth=3, color="black", linestyle="--", label=r"signal, $\mu=1$", edges=False
)
axes[1].set(xlabel="Bin of the score", ylabel="Change of the expected count [%]", xlim=(0, BINS))
axes[1].legend(fontsize="small")
plt.show()

# %% [markdown]
# The right-hand plot shows the problem of this challenge. A nuisance parameter whose curve resembles the dashed one is
# mistaken for signal. Bins in which the curves differ help.
#
# The likelihood compares counts with expectations. Bins hold hundreds of events or more, so Gaussian errors suffice,
# with the variance of the count plus that of the templates. Each nuisance parameter is measured in units of its prior's
# width and costs its square: that is the prior. The interval is where −2 ln L rises by less than 1 above its minimum,
# if for each μ the nuisance parameters take their best values (**profile likelihood**, MINOS). `nuisances=False` leaves
# them where they are: statistical errors only.

# %%
# likelihood.py
import numpy as np
from iminuit import Minuit

START = {"mu": 1.0, "tes": 0.0, "jes": 0.0, "log_soft_met": 0.0, "ttbar": 0.0, "diboson": 0.0, "background": 0.0}
TTBAR_WIDTH, DIBOSON_WIDTH, BACKGROUND_WIDTH, MAX_SOFT_MET = 0.02, 0.25, 0.001, 5.0


def expected_counts(templates: object, parameters: np.ndarray) -> np.ndarray:
    """Return the expected counts; mu first, then the nuisance parameters in units of their priors' widths."""
    mu, tes, jes, log_soft_met, ttbar, diboson, background = parameters
    counts = templates.nominal
    shifts = (tes, jes, np.exp(log_soft_met))
    for shift, slope, curvature in zip(shifts, templates.slopes, templates.curvatures, strict=True):
        counts = counts * np.maximum(1 + shift * slope + shift**2 * curvature, 0.05)
    scales = np.array([1, 1, 1 + DIBOSON_WIDTH * diboson, 1 + TTBAR_WIDTH * ttbar]) * (
        1 + BACKGROUND_WIDTH * background
    )
    scales[0] = mu
    return np.maximum(scales @ counts, 0.1)


def make_fit(templates: object, counts: np.ndarray, nuisances: bool = True) -> Minuit:
    """Fit mu, and the nuisance parameters unless they are to stay where they are."""

    def minus_two_log_likelihood(parameters: np.ndarray) -> float:
        expected = expected_counts(templates, parameters)
        variance = expected + templates.variance
        agreement = np.sum((counts - expected) ** 2 / variance + np.log(variance))
        return float(agreement + np.sum(np.square(parameters[1:])))

    fit = Minuit(minus_two_log_likelihood, np.array(list(START.values())), name=list(START))
    fit.errordef = Minuit.LEAST_SQUARES  # the interval ends where the function has risen by 1
    for name in list(START)[1:]:
        fit.limits[name] = (-3.9, np.log(MAX_SOFT_MET) if name == "log_soft_met" else 3.9)
        fit.fixed[name] = not nuisances
    return fit.migrad()


def find_interval(fit: Minuit) -> tuple[float, float]:
    """Find both ends by MINOS; where it does not converge, by the curvature at the minimum."""
    mu = fit.values["mu"]
    if fit.valid:
        ends = fit.minos("mu").merrors["mu"]
        if ends.is_valid:
            return mu + ends.lower, mu + ends.upper
    print(f"MINOS found no interval around {mu:.2f}; taking the curvature")
    return mu - fit.errors["mu"], mu + fit.errors["mu"]


# %% [markdown]
# One pseudo-experiment whose truth we know, with the energies a little off:

# %%
truth = Experiment(0, 1, 1.5, Nuisances(tes=1.01, jes=0.99, soft_met=2.0, ttbar_scale=0.98, diboson_scale=1.2), seed=2)
events = draw_pseudo_experiment(store, truth)["data"]
observed = count(templates, score_events(classifier, events))
fits = {"statistics only": make_fit(templates, observed, nuisances=False), "profile": make_fit(templates, observed)}
intervals = {name: find_interval(fit) for name, fit in fits.items()}
for name, (low, high) in intervals.items():
    print(f"{name:16} μ = {fits[name].values['mu']:5.2f}   [{low:5.2f}, {high:5.2f}]   width {high - low:.2f}")
fits["profile"].params

# %%
figure, axes = plt.subplots(figsize=(12, 9))
for (name, fit), colour, line in zip(fits.items(), (plots.MISSES, plots.COVERS), ("--", "-"), strict=True):
    low, high = intervals[name]
    reach = 1.6 * (high - low)
    mus, values, _ = fit.mnprofile(
        "mu", size=41, bound=(fit.values["mu"] - reach, fit.values["mu"] + reach), subtract_min=True
    )
    axes.plot(mus, values, color=colour, linestyle=line, linewidth=4, label=name)
    axes.axvspan(low, high, color=colour, alpha=0.12)
axes.axhline(1, color="black", linewidth=2, linestyle=":")
axes.axvline(truth.mu, color="black", linewidth=2, label=r"true $\mu$")
axes.set(xlabel=r"Signal strength $\mu$", ylabel=r"$-2\,\Delta\ln L$", ylim=(0, 6))
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize="small")
plt.show()

# %% [markdown]
# Which nuisance parameter costs most? Fix one at its best-fit value and see how much the interval shrinks.

# %%
fit = fits["profile"]
full = np.subtract(*intervals["profile"][::-1])
shrunk = {}
for name in list(START)[1:]:
    again = make_fit(templates, observed)
    again.fixed[name] = True
    low, high = find_interval(again.migrad())
    shrunk[name] = {"width if it were known": high - low, "share of the variance": 1 - ((high - low) / full) ** 2}
pd.DataFrame(shrunk).T.sort_values("width if it were known").round(3)

# %% [markdown]
# One pseudo-experiment proves nothing. So generate many from the templates, which is cheap: draw μ and the nuisance
# parameters, then a Poisson count for each bin. The templates are exact here, so their own uncertainty is switched off.


# %%
def toy(rng: np.random.Generator) -> tuple[float, np.ndarray]:
    mu, drawn = rng.uniform(0.1, 3), Nuisances(**{name: prior.draw(rng) for name, prior in PRIORS.items()})
    shifts = [(getattr(drawn, name) - PRIORS[name].centre) / PRIORS[name].width for name in PRIORS]
    shifts[2] = np.log(drawn.soft_met)
    return mu, rng.poisson(expected_counts(exact, np.array([mu, *shifts])))


exact = Templates(templates.edges, templates.nominal, 0 * templates.variance, templates.slopes, templates.curvatures)
toys = sorted((toy(rng) for _ in range(150)), key=lambda one: one[0])
mus = np.array([mu for mu, _ in toys])
figure, axes = plots.wide_figure()
for panel, nuisances, name in zip(axes, (False, True), fits, strict=True):
    found = [find_interval(make_fit(exact, counts, nuisances)) for _, counts in toys]
    low, high = np.array(found).T
    plots.draw_intervals(panel, mus[::3], low[::3], high[::3])
    panel.set_title(
        f"{name}: coverage {coverage(mus, low, high):.2f}, width {mean_width(low, high):.2f}", fontsize="medium"
    )
plt.show()

# %% [markdown]
# On the left the intervals are short and miss, because they mistake a slightly miscalibrated detector for signal. On
# the right they are as long as the uncertainties require.
#
# ## 6. A submission
#
# A submission is a folder with a `model.py`, in which a class `Model` gets `get_train_set` and `systematics`, is
# fitted once, and predicts for every pseudo-experiment. The cells above become modules of it: a cell whose first line
# is a file's name is written to that file, as it was run.

# %%
submission = Path("my_submission")
submission.mkdir(exist_ok=True)


def write_cell(something: Callable) -> None:
    lines = linecache.getlines(something.__code__.co_filename)
    path = submission / lines[0].removeprefix("# ").strip()
    path.write_text("".join(lines))
    print(path, len(lines), "lines")


for function in (train_classifier, build_templates, make_fit):
    write_cell(function)
sys.path.insert(0, str(submission.resolve()))

# %%
# model.py
from classifier import score_events, train_classifier
from likelihood import find_interval, make_fit
from templates import build_templates, count


class Model:
    """Boosted trees, their binned score, and a profile likelihood."""

    def __init__(self, get_train_set=None, systematics=None):
        """Keep the challenge's functions."""
        self.get_train_set, self.systematics = get_train_set, systematics

    def fit(self):
        """Train the classifier with the first rows, fill the templates with the others."""
        available = min(len(self.get_train_set), 10_000_000)  # so that fit takes minutes on the official data, too
        first = min(available // 5, 600_000)
        self.classifier = train_classifier(self.systematics(self.get_train_set(selected_indices=range(first))))
        print("classifier trained")
        self.templates = build_templates(self.get_train_set, self.systematics, self.score, range(first, available))

    def score(self, events):
        """Score events."""
        return score_events(self.classifier, events)

    def predict(self, test_set):
        """Measure mu in one pseudo-experiment."""
        fit = make_fit(self.templates, count(self.templates, self.score(test_set["data"])))
        low, high = find_interval(fit)
        return {"mu_hat": fit.values["mu"], "delta_mu_hat": (high - low) / 2, "p16": low, "p84": high}


# %%
write_cell(Model.predict)

# %% [markdown]
# Now as on the platform: **ingestion** sandboxes the submission, without access to the truth, the network or other
# files, calls `fit`, and passes it one pseudo-experiment after another, in sets that share one μ. **Scoring** compares
# its intervals with the truth, which is written beforehand. The phases of the competition have many more of both.

# %%
phase, results, reference, scores = (Path("run") / name for name in ("phase", "results", "reference", "scores"))
phase.mkdir(parents=True, exist_ok=True)
phase.joinpath("settings.yaml").write_text("num_of_sets: 6\nnum_pseudo_experiments: 3\nrandom_seed: 20\nreveal: all\n")
run("-m", "higgs_tools", "truth", "--input", phase, "--output", reference)
places = ("--data", data / "store", "--submission", submission, "--output", results)
run("-m", "higgs_tools", "run", "--input", phase, *places)

# %%
run("-m", "higgs_tools", "score", "--reference", reference, "--prediction", results, "--output", scores)

# %% [markdown]
# The first line says whether the intervals are as long as they should be, and the errors show how much these few
# pseudo-experiments can establish. The full report, `run/scores/detailed_results.html`, is the one that the platform
# shows:

# %%
IFrame(scores / "detailed_results.html", "100%", 500)

# %% [markdown]
# What was printed in `fit` and `predict` is in `run/results/submission.log`, and on the platform in the ingestion log.
# The intervals themselves follow. If most misses lie on one side, that need not be the method: all pseudo-experiments
# are drawn from the same hidden events and compared with the same training events, so with few such events they all err
# in the same direction.

# %%
true_mus = json.loads((reference / "truth.json").read_text())["ground_truth_mus"]
answers = [json.loads((results / f"result_{number}.json").read_text()) for number in range(len(true_mus))]
low, high = (np.array([answer[end] for answer in answers]) for end in ("p16", "p84"))
true = np.repeat(true_mus, low.shape[1])
figure, axes = plt.subplots(figsize=(14, 8))
plots.draw_intervals(axes, true, low.ravel(), high.ravel())
plt.show()

# %% [markdown]
# ## 7. The zip
#
# The check runs the submission on tiny data in the same sandbox and reports what is wrong and how to fix it. If all is
# well, it packs the files (not the folder).

# %%
run("-m", "higgs_tools", "pack", submission, "my_submission.zip")

# %% [markdown]
# Upload `my_submission.zip` on the page "My Submissions" of the competition. Then improve it: more features and a
# better classifier, finer bins where the signal is, a score that depends less on `tes`, a likelihood without bins. The
# report shows what matters: where intervals miss, and what they depend on.
