import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from outline import outline_without_strangers

from higgs_scoring import figures, report
from higgs_scoring.analysis import Analysis, analyse
from higgs_scoring.bootstrap import Bootstrap
from higgs_scoring.calibration import Calibration, calibrate
from higgs_scoring.dependence import Averages, Dependence, PullSummary
from higgs_scoring.metrics import FloatArray, Scores
from higgs_scoring.results import Predictions, Summary, Truth
from higgs_scoring.words import (
    advice,
    dependence_note,
    error_note,
    pull_note,
    scaling_advice,
    verdict,
)

NUISANCES = ("tes", "jes", "soft_met", "ttbar_scale", "diboson_scale", "bkg_scale")
NO_BREAK = str.maketrans("\xa0\u202f", "  ")


def made_run(
    num_sets: int,
    n: int,
    *,
    reveal: str = "all",
    stretch: float = 1.0,
    warnings: tuple[str, ...] = (),
    replaced: int = 0,
) -> tuple[Truth, Predictions]:
    rng = np.random.default_rng(3)
    mus = rng.uniform(0.1, 3, num_sets)
    sigma = rng.uniform(0.2, 0.4, (num_sets, n))
    mu_hats = rng.normal(mus[:, np.newaxis], sigma)
    predictions = Predictions(
        mu_hats=mu_hats,
        delta_mu_hats=sigma,
        p16=mu_hats - stretch * sigma,
        p84=mu_hats + stretch * sigma,
        predict_seconds=None,
        minutes=3.0,
        summary=Summary(result_files=(), processes_replaced=replaced, warnings=warnings),
    )
    nuisances = {name: rng.normal(1, 0.01, (num_sets, n)) for name in NUISANCES}
    return Truth("5eed", n, mus, nuisances, reveal), predictions


def render(truth: Truth, predictions: Predictions) -> str:
    return report.render_report(truth, predictions, analyse(truth, predictions))


def page_of(num_sets: int, n: int, **options: Any) -> str:
    return render(*made_run(num_sets, n, **options))


PICTURES = {"none": 1, "mu": 4, "all": 10}
"""Besides those of the sets: what coverage costs; scaling, pulls, and against mu; against six nuisances."""


@pytest.mark.parametrize(("num_sets", "n"), [(1, 1), (3, 250), (60, 10)])
@pytest.mark.parametrize("reveal", PICTURES)
def test_page_is_whole_and_needs_nothing_from_outside(num_sets: int, n: int, reveal: str) -> None:
    page = page_of(num_sets, n, reveal=reveal)
    outline = outline_without_strangers(page)
    assert "image" not in outline.tags
    of_sets = 0 if reveal == "none" else min(num_sets, 12)
    assert outline.tags.count("svg") == of_sets + PICTURES[reveal]


def test_colours_follow_the_page() -> None:
    page = page_of(3, 5)
    pictures = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    assert "var(--covers)" in pictures
    assert "var(--misses)" in pictures
    assert re.findall(r"#[0-9a-f]{6}\b", re.sub(r'(href|url)[=("]*#\w+', "", pictures)) == []
    assert "prefers-color-scheme: dark" in page


def test_words_of_the_submission_are_escaped_and_limited() -> None:
    evil = '</li><script>alert("1")</script>&amp;'
    page = page_of(2, 4, warnings=(evil, "x" * 5000, *(f"warning {i}" for i in range(80))))
    assert "<script" not in page
    assert "&lt;/li&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;" in page
    assert "x" * 1000 + " …" in page
    assert "x" * 1001 not in page
    assert "warning 47" in page
    assert "warning 48" not in page
    assert "32 more are in ingestion_summary.json" in page


@pytest.mark.parametrize(
    ("reveal", "mu_is_hidden", "tes_is_hidden"), [("none", True, True), ("mu", False, True), ("all", False, False)]
)
@pytest.mark.parametrize(("num_sets", "n"), [(5, 20), (1, 40)])
def test_hidden_truth_shows_in_nothing_but_rounded_numbers(
    num_sets: int, n: int, reveal: str, mu_is_hidden: bool, tes_is_hidden: bool
) -> None:
    """A truth moved too little for any of them gives the same page, unless a picture holds it with all its digits."""
    truth, predictions = made_run(num_sets, n, reveal=reveal)
    page = render(truth, predictions)
    other_mu = replace(truth, mus=truth.mus + 1e-7)
    assert (render(other_mu, predictions) == page) is mu_is_hidden
    shifted = {name: values + 1e-7 * (name == "tes") for name, values in truth.nuisances.items()}
    assert (render(replace(truth, nuisances=shifted), predictions) == page) is tes_is_hidden


def constant(half: float) -> dict[str, FloatArray]:
    """The same interval around 0 everywhere, so that coverage steps at each true mu over half."""
    return {"p16": np.full((10, 20), -half), "p84": np.full((10, 20), half)}


def one_pull() -> dict[str, FloatArray]:
    """One stated uncertainty next to nothing, and none for all others, so that one pull is the mean."""
    deltas = np.full((10, 20), -1.0)
    deltas[3, 7] = 1e-12
    return {"delta_mu_hats": deltas}


ATTACKS = {
    "steps of the coverage": constant(0.155),
    "a factor with all digits": constant(1e-12),
    "a huge factor's width": constant(1e-3) | {"p16": np.where(np.arange(20) == 0, -1e4, -1e-3) * np.ones((10, 1))},
    "one pull": one_pull(),
    "one normal pull": one_pull() | {"delta_mu_hats": np.where(one_pull()["delta_mu_hats"] > 0, 0.3, -1.0)},
}


def without_averages(page: str) -> str:
    """The page without RMSE, MAE and Winkler score, of which scores.json has more digits."""
    return re.sub(r'<tr><th scope="row">(Winkler score|RMSE|MAE)</th>.*?</tr>', "", page)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_answers_made_for_it_tell_no_more_digits_of_a_hidden_truth(attack: dict[str, FloatArray]) -> None:
    truth, predictions = made_run(10, 20, reveal="none")
    made = replace(predictions, **attack)
    page = render(truth, made)
    moved = replace(truth, mus=truth.mus + 1e-6)
    assert without_averages(render(moved, made)) == without_averages(page)
    assert page.count("<svg") == 1
    shown, moved_too = replace(truth, reveal="mu"), replace(moved, reveal="mu")
    assert render(shown, made) != render(moved_too, made)


def test_letters_that_a_page_would_obey_are_left_out() -> None:
    page = page_of(3, 5, warnings=("a\x00b\x1b[31mc\u202ed\ud800e\nf",))
    assert "<li>ab[31mcde\nf</li>" in page


def test_where_the_answers_of_a_set_lie_is_hidden_too() -> None:
    """All answers of a set together tell its mu, so that sets moved with their mu must give the same page."""
    shifts = np.array([0.5, -2.0, 0.25, 1.0, -0.25])
    for reveal, is_hidden in (("none", True), ("mu", False)):
        truth, predictions = made_run(5, 20, reveal=reveal)
        moved = {name: getattr(predictions, name) + shifts[:, np.newaxis] for name in ("mu_hats", "p16", "p84")}
        page = render(replace(truth, mus=truth.mus + shifts), replace(predictions, **moved))
        assert (page == render(truth, predictions)) is is_hidden
        assert ("mean width" in re.sub(r"<table.*?</table>|<li>.*?</li>", "", page, flags=re.DOTALL)) is not is_hidden


@pytest.mark.parametrize("reveal", ["none", "mu", "all"])
def test_reference_data_decide_what_of_the_truth_is_shown(run: Any, main: Any, reveal: str) -> None:
    run.change("ref/truth.json", reveal=reveal)
    assert main(run.arguments) == 0
    page = (run.output / "detailed_results.html").read_text()
    true_mu = f"μ = {run.read('ref/truth.json')['ground_truth_mus'][0]:.3f}"
    assert (true_mu in page) is (reveal != "none")
    assert ("Against μ" in page) is (reveal != "none")
    assert ("Against tes" in page) is (reveal == "all")
    assert ("The truth of this phase is hidden" in page) is (reveal == "none")
    assert ("The true nuisance parameters of this phase are hidden" in page) is (reveal == "mu")


def test_a_truth_that_does_not_say_so_is_not_shown(run: Any, main: Any) -> None:
    truth = run.read("ref/truth.json")
    del truth["reveal"]
    run.write("ref/truth.json", truth)
    assert main(run.arguments) == 0
    assert "The truth of this phase is hidden" in (run.output / "detailed_results.html").read_text()


def test_a_reference_without_nuisance_parameters_is_enough(run: Any, main: Any) -> None:
    (run.folder / "ref" / "true_nuisances.json").unlink()
    assert main(run.arguments) == 0
    page = (run.output / "detailed_results.html").read_text()
    assert "Against μ" in page
    assert "Against tes" not in page


def of_coverage(coverage: float, *, score: float = 0.5, penalty: float = 1.0) -> Scores:
    return Scores(score, 0.6, coverage, penalty, 0, 0, 0)


def scaled_by(exact: float, n: int = 200) -> Calibration:
    """A run of n in which 68.27 % need at most the factor."""
    needed = np.sort(exact * np.arange(1, n + 1) / np.ceil(0.6827 * n))[:, np.newaxis]
    return calibrate(needed[:, 0], -np.ones((n, 1)), np.ones((n, 1)))


def analysis_of(coverage: float, calibration: Calibration, pulls: PullSummary | None = None) -> Analysis:
    return Analysis(of_coverage(coverage), None, None, calibration, np.zeros((1, 1)), pulls, ())


BIASED = PullSummary(0.4, 0.05, 10, 1.0)


WIDEN, NARROW = "widening every interval by a factor of", "narrowing every interval to"


@pytest.mark.parametrize(
    ("coverage", "exact", "pulls", "words"),
    [
        (0.61, 1.16, None, f"too narrow by 14 %: {WIDEN} 1.16 would mend that, at a score of −0.84"),
        (0.61, 1.16, BIASED, "too narrow by 14 %, or off to higher μ: widening every"),
        (0.61, 1.16, replace(BIASED, mean=-0.4), "too narrow by 14 %, or off to lower μ: widening every"),
        (0.61, 1.16, replace(BIASED, mean=0.1), "too narrow by 14 %: widening every interval"),
        (0.61, 1.002, None, f"too narrow by 0.2 %: {WIDEN} 1.002 would"),
        (0.61, 25.0, None, f"too narrow by far: {WIDEN} more than 10 would"),
        (0.68, 1.02, BIASED, "right within the allowed error."),
        (0.99, 0.1001, None, f"too wide by a factor of 10.0: {NARROW} 0.10 of its width would give"),
        (0.90, 0.80, BIASED, f"too wide by 25 %: {NARROW} 0.80 of its width would mend that, at a score of −0.47"),
    ],
)
def test_verdict(coverage: float, exact: float, pulls: PullSummary | None, words: str) -> None:
    sentence = verdict(analysis_of(coverage, scaled_by(exact), pulls)).translate(NO_BREAK)
    assert sentence.startswith(
        f"The intervals cover the true μ in {100 * coverage:.1f} % of 200 pseudo-experiments, {words}"
    )
    assert sentence.endswith(("instead of 0.50.", "allowed error."))


def test_the_verdict_comes_first_and_says_what_the_numbers_say() -> None:
    truth, predictions = made_run(20, 100, stretch=0.8)
    analysis = analyse(truth, predictions)
    assert analysis.calibration.exact is not None
    assert analysis.over_sets is not None
    page = report.render_report(truth, predictions, analysis)
    words = re.search(r"<body>\s*<h1>.*?</h1>\s*<p class=\"verdict\">(.*?)</p>", page, flags=re.DOTALL)
    assert words is not None
    factor, score = analysis.calibration.exact.factor, analysis.calibration.exact.quantile_score
    assert f"too narrow by {100 - 100 / factor:.0f} %" in words[1].translate(NO_BREAK)
    assert f"by a factor of {factor:.2f} would give a score of {score:.2f}" in words[1]
    error = 100 * analysis.over_sets.standard_errors.coverage
    assert f"in {100 * analysis.scores.coverage:.1f} ± {error:.1f} % of 2 000" in words[1].translate(NO_BREAK)


@pytest.mark.parametrize(
    ("pulls", "words"),
    [
        (PullSummary(0.31, 0.05, 10, 1.2), "μ̂ lies 0.31 ± 0.05 of its stated uncertainty above the true μ: a"),
        (PullSummary(-0.31, 0.05, 10, 1.2), "stated uncertainty below the true μ: a bias"),
        (PullSummary(0.1, 0.05, 10, 1.2), "No overall bias is seen (mean pull 0.10 ± 0.05); the pulls"),
        (PullSummary(-0.001, 0.05, 10, 1.2), "(mean pull 0.00 ± 0.05)"),
        (PullSummary(-5.0, 0.0, 10, 0.0), "On average μ̂ lies 5 or more of its stated uncertainty below"),
    ],
)
def test_pulls_in_words(pulls: PullSummary, words: str) -> None:
    assert words in pull_note(pulls)


@pytest.mark.parametrize("pulls", [None, PullSummary(4.0, float("nan"), 1, 0.0)])
def test_no_pull_and_a_single_one_tell_nothing(pulls: PullSummary | None) -> None:
    assert pull_note(pulls) == ""


def depending(
    parameter: str, coverage_p: float | None, bias_p: float | None = 0.5, sizes: tuple[int, ...] = (50, 50)
) -> Dependence:
    values = np.arange(1.0, len(sizes) + 1)
    averages = [Averages(number + values, number + values - 0.1, number + values + 0.1) for number in range(4)]
    return Dependence(parameter, values, np.array(sizes), *averages, values, coverage_p, bias_p)


@pytest.mark.parametrize(
    ("p_values", "words"),
    [
        ({"mu": (0.2, 0.5), "tes": (1e-4, 0.5)}, "Coverage changes with tes: mend how the method treats tes."),
        (
            {"mu": (1e-5, 0.5), "tes": (1e-4, 0.5)},
            "Coverage changes with μ and tes: mend how the method treats μ and tes.",
        ),
        ({"mu": (0.2, 0.5), "tes": (0.1, 1e-5)}, "The bias of μ̂ changes with tes: mend how the method treats tes."),
        (
            {"mu": (1e-5, 0.5), "tes": (1e-4, 1e-5)},
            "Coverage changes with μ and tes and the bias of μ̂ changes with tes: mend how the method treats μ and tes.",
        ),
        ({"tes": (1e-5, 1e-5)}, "Coverage and the bias of μ̂ change with tes: mend how the method treats tes."),
        ({"mu": (0.2, 0.5), "tes": (0.002, 0.5)}, "Neither coverage nor bias is seen to change with μ or tes."),
        ({"mu": (None, None)}, ""),
    ],
)
def test_dependence_in_words(p_values: dict[str, tuple[float | None, float | None]], words: str) -> None:
    assert dependence_note(tuple(depending(name, *pair) for name, pair in p_values.items())) == words


@pytest.mark.parametrize(
    ("dependence", "conclusion"),
    [
        (depending("tes", 0.4), "no change beyond chance"),
        (depending("tes", 0.0009), "coverage changes with it"),
        (depending("tes", 0.4, 1e-9), "bias changes with it"),
        (depending("tes", 1e-9, 1e-9), "coverage and bias change with it"),
        (depending("tes", None), "too few intervals that cover, or that miss, to tell"),
        (depending("tes", None, None, sizes=(100,)), "too few different values to tell"),
    ],
)
def test_the_table_of_dependences_concludes(dependence: Dependence, conclusion: str) -> None:
    truth, predictions = made_run(3, 5)
    analysis = replace(analyse(truth, predictions), dependences=(dependence,))
    page = report.render_report(truth, predictions, analysis)
    assert f'<td class="meaning">{conclusion}</td>' in page


def test_scaling_in_words() -> None:
    calibration = scaled_by(1.16)
    sentence = scaling_advice(calibration, in_full=True).translate(NO_BREAK)
    assert "68.27 % needs intervals 1.16 times as wide (1.10 to 1.22 within one standard error), 2.32 on" in sentence
    assert "Of the factors that leave a penalty below 2" in sentence
    short = scaling_advice(calibration, in_full=False).translate(NO_BREAK)
    assert short == "A coverage of 68.27 % needs intervals 1.16 times as wide."
    hopeless = calibrate(np.ones(2), np.zeros((2, 2)), np.zeros((2, 2)))
    assert "too many intervals have no width" in scaling_advice(hopeless, in_full=True)
    assert "which no factor on their widths would mend" in verdict(analysis_of(0.0, hopeless))
    on_the_truth = calibrate(np.zeros(2), np.zeros((2, 2)), np.zeros((2, 2)))
    assert scaling_advice(on_the_truth, in_full=True) == ""


def test_a_remedy_that_costs_score_is_not_sold_as_a_gain() -> None:
    calibration = scaled_by(1.16)
    analysis = replace(analysis_of(0.61, calibration), scores=of_coverage(0.61, score=-0.80))
    assert "by a factor of 1.16 would mend that, at a score of −0.84 instead of −0.80." in verdict(analysis)


def test_one_pseudo_experiment_is_too_few_for_a_verdict() -> None:
    truth, predictions = made_run(1, 1)
    assert verdict(analyse(truth, predictions)).endswith(
        "of 1 pseudo-experiment, which is too few to tell whether that is right."
    )


def test_a_few_pulls_alone_are_not_told_where_truth_is_hidden() -> None:
    truth, predictions = made_run(10, 20, reveal="none")
    assert "mean pull" in render(truth, predictions)
    few = replace(predictions, delta_mu_hats=np.where(np.arange(10)[:, np.newaxis] < 2, predictions.delta_mu_hats, 0.0))
    assert "mean pull" not in render(truth, few)
    assert "mean pull" in render(replace(truth, reveal="mu"), few)


def test_answers_that_are_all_alike_jump_over_the_target() -> None:
    """One factor moves the coverage from nothing to all, so that no factor helps."""
    alike = calibrate(np.ones(1), np.full((1, 200), 1.5), np.full((1, 200), 2.5))
    assert "too seldom, which no factor on their widths would mend" in verdict(analysis_of(0.0, alike))
    assert "1.001 times as wide, which cover 100.0 %" not in scaling_advice(alike, in_full=True)
    assert "2" in scaling_advice(alike, in_full=True)
    assert "which cover 100.0 %" in scaling_advice(alike, in_full=True).translate(NO_BREAK)


def test_standard_errors_stand_beside_the_scores() -> None:
    truth, predictions = made_run(60, 10)
    analysis = analyse(truth, predictions)
    page = report.render_report(truth, predictions, analysis)
    for bootstrap in (analysis.over_sets, analysis.over_experiments):
        assert bootstrap is not None
        errors = bootstrap.standard_errors
        for name in ("quantile_score", "interval", "coverage", "rmse", "mae", "winkler"):
            cell = f'<td class="error" data-unit="{bootstrap.unit}s">± {getattr(errors, name):.2g}</td>'
            assert cell in page
    assert len(re.findall(r'<td class="error"[^>]*>±', page)) == 12


def drawn(unit: Any, num_units: int, scores: FloatArray) -> Bootstrap:
    return Bootstrap(unit, num_units, scores, *[np.ones(scores.size)] * 6)


def test_words_on_errors() -> None:
    few, many = drawn("set", 10, np.linspace(0.0, 1.0, 1001)), drawn("set", 60, np.linspace(0.0, 1.0, 1001))
    experiments = drawn("pseudo-experiment", 100, np.linspace(2.0, 3.0, 1001))
    assert "(known to 24 % from 10 sets)" in error_note(few, experiments).translate(NO_BREAK)
    both = error_note(many, experiments).translate(NO_BREAK)
    assert "the sets are drawn anew, 1 001 times with replacement, as for the final ranking. ± pseudo-exp" in both
    assert "Where the first is much larger, the number changes with μ." in both
    assert both.endswith("95 % of the drawn quantile scores lie between 0.025 and 0.975.")
    alone = error_note(None, experiments).translate(NO_BREAK)
    assert alone.startswith("± pseudo-experiments is the scatter when those of each set are drawn anew, 1 001 times")
    assert "sets is" not in alone
    assert "Where" not in alone
    assert alone.endswith("95 % of the drawn quantile scores lie between 2.025 and 2.975.")
    assert error_note(None, None).startswith("One pseudo-experiment alone does not tell")


@pytest.mark.parametrize(("num_sets", "n", "kinds"), [(60, 10, 2), (1, 10, 1), (10, 1, 1), (1, 1, 0)])
def test_errors_that_cannot_be_known_are_not_printed(num_sets: int, n: int, kinds: int) -> None:
    assert len(re.findall(r'<td class="error"[^>]*>±', page_of(num_sets, n))) == 6 * kinds


def test_failures_and_oddities_are_told() -> None:
    assert "None: no process died, and every answer is in order." in page_of(3, 5)
    page = page_of(3, 5, replaced=2, stretch=0.0)
    assert "Processes of the submission that died and were replaced: 2." in page
    assert "Intervals of no width: 15." in page
    truth, predictions = made_run(3, 5)
    page = render(truth, replace(predictions, mu_hats=predictions.p84 + 1, delta_mu_hats=0 * predictions.p84))
    assert "Intervals that do not contain their own μ̂: 15." in page
    assert "Answers without a δμ̂ above 0, and so without a pull: 15." in page


def test_each_panel_draws_its_own_average() -> None:
    one = depending("tes", 0.5)
    others = [
        replace(one, **{name: Averages(average.mean + 5, average.low + 5, average.high + 5)})
        for name in ("coverage", "bias", "width", "pull")
        for average in [getattr(one, name)]
    ]
    drawn_ones = [
        figures.draw_dependence(each, "tes") for each in (one, *others, replace(one, pull_width=one.values + 9))
    ]
    assert len(set(drawn_ones)) == len(drawn_ones)


def test_colours_say_what_covers_and_what_costs() -> None:
    ones = np.ones(5)
    covering = figures.draw_intervals(figures.SetIntervals(0, 0 * ones, 2 * ones, 1.0), 3.0)
    missing = figures.draw_intervals(figures.SetIntervals(0, 2 * ones, 3 * ones, 1.0), 3.0)
    assert ("var(--covers)" in covering, "var(--misses)" in covering) == (True, False)
    assert ("var(--covers)" in missing, "var(--misses)" in missing) == (False, True)
    free, costly = figures.draw_penalty(0.68, 1.0, 1000), figures.draw_penalty(0.5, 300.0, 1000)
    assert ("var(--covers)" in free, "var(--misses)" in free) == (True, False)
    assert ("var(--covers)" in costly, "var(--misses)" in costly) == (False, True)


def test_advice_has_digits_enough_to_tell_the_coverage_from_the_edge() -> None:
    # The lower edge for 100 000 is 67.9756 %.
    sentence = advice(of_coverage(0.67975, penalty=1.0001), 100_000).translate(NO_BREAK)
    assert "Any coverage from 67.98 % to 68.56 % costs nothing. The penalty for this one counts" in sentence


@pytest.mark.parametrize("stretch", [0.0, 0.5, 4.0])
def test_runs_far_off_are_drawn_too(stretch: float) -> None:
    assert "score lost, ln f" in page_of(2, 50, stretch=stretch)


def test_a_final_phase_stays_small() -> None:
    page = page_of(1000, 100)
    assert len(page.encode()) < 2_000_000
    assert "12 of 1000 sets" in page
