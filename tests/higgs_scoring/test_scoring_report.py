"""The page as a whole."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from higgs_scoring import report, report_plots
from higgs_scoring.analysis import analyse
from higgs_scoring.dependence import Averages, Dependence
from tests.helpers.made_runs import NO_BREAK, depending, made_run, page_of, render, with_answers
from tests.helpers.outline import outline_without_strangers

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
    assert "&lt;/li&gt;&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;&amp;amp;" in page
    assert "x" * 1000 + " …" in page
    assert "x" * 1001 not in page
    assert "warning 47" in page
    assert "warning 48" not in page
    assert "32 more are in ingestion_summary.json" in page


@pytest.mark.parametrize(
    ("title", "heading"),
    [(None, "Detailed results"), ("Two <b>Gaussians</b>", "Two &lt;b&gt;Gaussians&lt;/b&gt;: detailed results")],
)
def test_the_title_is_that_of_the_truth(title: str | None, heading: str) -> None:
    truth, predictions = made_run(3, 5)
    assert f"<h1>{heading}</h1>" in render(replace(truth, title=title), predictions)


def test_letters_that_a_page_would_obey_are_left_out() -> None:
    page = page_of(3, 5, warnings=("a\x00b\x1b[31mc\u202ed\ud800e\nf",))
    assert "<li>ab[31mcde\nf</li>" in page


def test_a_reference_without_nuisance_parameters_is_enough(run: Any, main: Any) -> None:
    (run.folder / "ref" / "true_nuisances.json").unlink()
    assert main(run.arguments) == 0
    page = (run.output / "detailed_results.html").read_text()
    assert "Against μ" in page
    assert "Against tes" not in page


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
    ("dependence", "conclusion"),
    [
        (depending("tes", 0.4), "no change beyond chance"),
        (depending("tes", 0.0009), "coverage changes with it"),
        (depending("tes", 0.4, 1e-9), "bias changes with it"),
        (depending("tes", 1e-9, 1e-9), "coverage and bias change with it"),
        (depending("tes", None), "too few intervals that cover, or that miss, to say"),
        (depending("tes", None, None, sizes=(100,)), "too few different values to say"),
    ],
)
def test_the_table_of_dependences_concludes(dependence: Dependence, conclusion: str) -> None:
    truth, predictions = made_run(3, 5)
    analysis = replace(analyse(truth, predictions), dependences=(dependence,))
    page = report.render_report(truth, predictions, analysis)
    assert f'<td class="meaning">{conclusion}</td>' in page


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


@pytest.mark.parametrize(("num_sets", "n", "kinds"), [(60, 10, 2), (1, 10, 1), (10, 1, 1), (1, 1, 0)])
def test_errors_that_cannot_be_known_are_not_printed(num_sets: int, n: int, kinds: int) -> None:
    assert len(re.findall(r'<td class="error"[^>]*>±', page_of(num_sets, n))) == 6 * kinds


def test_failures_and_oddities_are_reported() -> None:
    assert "None: no process died, and all answers are in order." in page_of(3, 5)
    page = page_of(3, 5, replaced=2, stretch=0.0)
    assert "Processes of the submission that died and were replaced: 2." in page
    assert "Intervals of zero width: 15." in page
    truth, predictions = made_run(3, 5)
    p84 = predictions.intervals.p84
    page = render(truth, with_answers(predictions, mu_hats=p84 + 1, delta_mu_hats=0 * p84))
    assert "Intervals that do not contain their own μ̂: 15." in page
    assert "Answers without a pull, as δμ̂ is not above 0: 15." in page


def test_a_cut_at_the_range_of_mu_is_no_oddity() -> None:
    """An interval that lay outside as a whole has no width left, and not its estimate."""
    truth, predictions = made_run(3, 5)
    edge = np.full_like(predictions.intervals.p84, 3.0)
    cut = with_answers(predictions, mu_hats=edge + 0.5, delta_mu_hats=edge / 10, p16=edge, p84=edge)
    assert "None: no process died, and all answers are in order." in render(replace(truth, mu_range=(0.1, 3.0)), cut)
    page = render(replace(truth, mu_range=None), cut)
    assert "Intervals of zero width: 15." in page
    assert "Intervals that do not contain their own μ̂: 15." in page


def test_each_panel_draws_its_own_average() -> None:
    one = depending("tes", 0.5)
    others = [
        replace(one, **{name: Averages(average.mean + 5, average.low + 5, average.high + 5)})
        for name in ("coverage", "bias", "width", "pull")
        for average in [getattr(one, name)]
    ]
    drawn_ones = [
        report_plots.draw_dependence(each, "tes") for each in (one, *others, replace(one, pull_width=one.values + 9))
    ]
    assert len(set(drawn_ones)) == len(drawn_ones)


def test_colours_say_what_covers_and_what_costs() -> None:
    ones = np.ones(5)
    covering = report_plots.draw_intervals(report_plots.SetIntervals(0, 0 * ones, 2 * ones, 1.0), 3.0)
    missing = report_plots.draw_intervals(report_plots.SetIntervals(0, 2 * ones, 3 * ones, 1.0), 3.0)
    assert ("var(--covers)" in covering, "var(--misses)" in covering) == (True, False)
    assert ("var(--covers)" in missing, "var(--misses)" in missing) == (False, True)
    free, costly = report_plots.draw_penalty(0.68, 1.0, 1000), report_plots.draw_penalty(0.5, 300.0, 1000)
    assert ("var(--covers)" in free, "var(--misses)" in free) == (True, False)
    assert ("var(--covers)" in costly, "var(--misses)" in costly) == (False, True)


@pytest.mark.parametrize("stretch", [0.0, 0.5, 4.0])
def test_runs_far_off_are_drawn_too(stretch: float) -> None:
    assert "score lost, ln f" in page_of(2, 50, stretch=stretch)


def test_a_final_phase_stays_small() -> None:
    page = page_of(1000, 100)
    assert len(page.encode()) < 2_000_000
    assert "12 of 1000 sets" in page
