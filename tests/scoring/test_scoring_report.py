import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from outline import outline_without_strangers

from higgs_scoring import report
from higgs_scoring.analysis import analyse
from higgs_scoring.bootstrap import Bootstrap
from higgs_scoring.calibration import Calibration, calibrate
from higgs_scoring.dependence import Averages, Dependence, PullSummary
from higgs_scoring.metrics import FloatArray, Scores
from higgs_scoring.results import Predictions, Summary, Truth
from higgs_scoring.words import (
    advice,
    error_note,
    p_value_words,
    pull_note,
    scaling_advice,
    uniformity_note,
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


PICTURES = {"none": 2, "mu": 4, "all": 10}
"""Besides those of the sets: what coverage costs, and scaling; pulls, and against mu; against six nuisances."""


@pytest.mark.parametrize(("num_sets", "n"), [(1, 1), (3, 250), (60, 10)])
@pytest.mark.parametrize("reveal", PICTURES)
def test_page_is_whole_and_needs_nothing_from_outside(num_sets: int, n: int, reveal: str) -> None:
    page = page_of(num_sets, n, reveal=reveal)
    outline = outline_without_strangers(page)
    assert "image" not in outline.tags
    assert outline.tags.count("svg") == min(num_sets, 12) + PICTURES[reveal]


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


@pytest.mark.parametrize(("reveal", "is_hidden"), [("none", True), ("mu", False)])
def test_where_the_answers_of_a_set_lie_is_hidden_too(reveal: str, is_hidden: bool) -> None:
    """All answers of a set together tell its mu, so that sets moved with their mu must give the same page."""
    truth, predictions = made_run(5, 20, reveal=reveal)
    shifts = np.array([0.5, -2.0, 0.25, 1.0, -0.25])
    moved = {name: getattr(predictions, name) + shifts[:, np.newaxis] for name in ("mu_hats", "p16", "p84")}
    page = render(replace(truth, mus=truth.mus + shifts), replace(predictions, **moved))
    assert (page == render(truth, predictions)) is is_hidden


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


@pytest.mark.parametrize(
    ("coverage", "exact", "words"),
    [
        (0.61, 1.16, "too narrow by 14 %: widening every interval by a factor of 1.16 would give a score of −0.84"),
        (0.68, 1.02, "as often as they should."),
        (0.90, 0.80, "too wide by 25 %: narrowing every interval by a factor of 0.80 would give a score of −0.47"),
    ],
)
def test_verdict(coverage: float, exact: float, words: str) -> None:
    sentence = verdict(of_coverage(coverage), 0.02, scaled_by(exact)).translate(NO_BREAK)
    start = f"The intervals cover the true μ in {100 * coverage:.1f} ± 2.0 % of 200 pseudo-experiments, "
    assert sentence in (f"{start}{words}", f"{start}{words} instead of 0.50.")


def test_the_verdict_comes_first_and_says_what_the_numbers_say() -> None:
    truth, predictions = made_run(20, 100, stretch=0.8)
    analysis = analyse(truth, predictions)
    assert analysis.calibration.exact is not None
    page = report.render_report(truth, predictions, analysis)
    words = re.search(r"<body>\s*<h1>.*?</h1>\s*<p class=\"verdict\">(.*?)</p>", page, flags=re.DOTALL)
    assert words is not None
    factor, score = analysis.calibration.exact.factor, analysis.calibration.exact.quantile_score
    assert f"too narrow by {100 - 100 / factor:.0f} %" in words[1].translate(NO_BREAK)
    assert f"by a factor of {factor:.2f} would give a score of {score:.2f}" in words[1]


@pytest.mark.parametrize(
    ("pulls", "words"),
    [
        (
            PullSummary(0.31, 0.05, 1.2, 0),
            "μ̂ lies 0.31 ± 0.05 of its stated uncertainty above the true μ: a",
        ),
        (PullSummary(-0.31, 0.05, 1.2, 0), "stated uncertainty below the true μ: a bias"),
        (PullSummary(0.1, 0.05, 1.2, 0), "No bias is seen (mean pull 0.10 ± 0.05); the pulls"),
        (None, ""),
    ],
)
def test_pulls_in_words(pulls: PullSummary | None, words: str) -> None:
    assert words in pull_note(pulls)


def depending(parameter: str, p_value: float | None) -> Dependence:
    one = np.ones(1)
    averages = Averages(one, one, one)
    return Dependence(parameter, one, one, averages, averages, averages, averages, one, p_value)


@pytest.mark.parametrize(
    ("p_values", "words"),
    [
        ({"mu": 0.2, "tes": 1e-4}, "Coverage changes with tes: mend how the method treats it."),
        ({"mu": 1e-5, "tes": 1e-4}, "Coverage changes with μ and tes: mend how the method treats them."),
        ({"mu": 0.2, "tes": 0.002}, "Coverage changes with none of μ and tes beyond chance."),
        ({"mu": None}, "There are too few pseudo-experiments to tell"),
    ],
)
def test_uniformity_in_words(p_values: dict[str, float | None], words: str) -> None:
    assert uniformity_note(tuple(depending(*item) for item in p_values.items())).startswith(words)


@pytest.mark.parametrize(
    ("p_value", "said"),
    [
        (0.4567, ("0.46", "no change beyond chance")),
        (0.002, ("2e-03", "no change beyond chance")),
        (0.0009, ("9e-04", "coverage changes with it")),
        (0.0, ("below 1e-99", "coverage changes with it")),
        (None, ("–", "too few pseudo-experiments to tell")),
    ],
)
def test_p_value_in_words(p_value: float | None, said: tuple[str, str]) -> None:
    assert p_value_words(depending("tes", p_value)) == said


def test_scaling_in_words() -> None:
    sentence = scaling_advice(scaled_by(1.16), 0.02).translate(NO_BREAK)
    assert (
        "A coverage of 68.27 % needs intervals 1.16 times as wide (1.13 to 1.19 within one standard error)" in sentence
    )
    hopeless = calibrate(np.ones(2), np.zeros((2, 2)), np.zeros((2, 2)))
    assert "too many intervals have no width" in scaling_advice(hopeless, 0.02)
    assert "which no factor on their widths would mend" in verdict(of_coverage(0.0), None, hopeless)


def test_standard_errors_stand_beside_the_scores() -> None:
    truth, predictions = made_run(60, 10)
    analysis = analyse(truth, predictions)
    page = report.render_report(truth, predictions, analysis)
    for bootstrap in (analysis.over_sets, analysis.over_experiments):
        assert bootstrap is not None
        errors = bootstrap.standard_errors
        for name in ("quantile_score", "interval", "coverage", "rmse", "mae", "winkler"):
            cell = f'<td class="error" data-unit="{bootstrap.unit}s">± {getattr(errors, name):.4f}</td>'
            assert cell in page
    assert len(re.findall(r'<td class="error"[^>]*>±', page)) == 12


def drawn(unit: Any, num_units: int, scores: FloatArray) -> Bootstrap:
    return Bootstrap(unit, num_units, scores, *[np.ones(scores.size)] * 6)


def test_words_on_errors() -> None:
    scores = np.linspace(0.0, 1.0, 1001)
    few, many = drawn("set", 10, scores), drawn("set", 60, scores)
    experiments = drawn("pseudo-experiment", 100, scores)
    assert "(known to 24 % from 10 sets)" in error_note(few, experiments).translate(NO_BREAK)
    both = error_note(many, experiments).translate(NO_BREAK)
    assert "1 001 times with replacement, as for the final ranking. ± pseudo-experiments is the same" in both
    assert both.endswith("95 % of the drawn quantile scores lie between 0.025 and 0.975.")
    assert error_note(None, experiments).startswith("± pseudo-experiments is the same for those of each set")
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
