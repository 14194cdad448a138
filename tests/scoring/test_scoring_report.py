import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from outline import Outline

from higgs_scoring import report
from higgs_scoring.bootstrap import Bootstrap, bootstrap_scores
from higgs_scoring.metrics import Scores, score_sets
from higgs_scoring.results import Predictions, Summary, Truth
from higgs_scoring.words import verdict


def made_run(
    num_sets: int, n: int, *, stretch: float = 1.0, warnings: tuple[str, ...] = ()
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
        summary=Summary(result_files=(), fit_seconds=None, warnings=warnings),
    )
    return Truth("5eed", n, mus, reveal=True), predictions


def scores_of(truth: Truth, predictions: Predictions) -> Scores:
    return score_sets(truth.mus, **answers_of(predictions))


def answers_of(predictions: Predictions) -> dict[str, Any]:
    return {name: getattr(predictions, name) for name in ("mu_hats", "delta_mu_hats", "p16", "p84")}


def bootstrap_of(truth: Truth, predictions: Predictions) -> Bootstrap | None:
    return bootstrap_scores(truth.mus, **answers_of(predictions))


def page_of(num_sets: int, n: int, *, reveal_truth: bool = True, **options: Any) -> str:
    truth, predictions = made_run(num_sets, n, **options)
    scores, bootstrap = scores_of(truth, predictions), bootstrap_of(truth, predictions)
    return report.render_report(truth, predictions, scores, bootstrap, reveal_truth=reveal_truth)


@pytest.mark.parametrize(("num_sets", "n"), [(1, 1), (3, 250), (60, 10)])
@pytest.mark.parametrize("reveal_truth", [True, False])
def test_page_is_whole_and_needs_nothing_from_outside(num_sets: int, n: int, reveal_truth: bool) -> None:
    page = page_of(num_sets, n, reveal_truth=reveal_truth)
    outline = Outline(page)
    assert not {"script", "link", "iframe", "img", "object", "image"} & set(outline.tags)
    for name, value in outline.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href"):
            assert value.startswith("#")
    assert "@import" not in page
    assert set(re.findall(r"url\((.)", page)) <= {"#"}
    assert outline.tags.count("svg") == min(num_sets, 12) + (3 if reveal_truth else 2)


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


def test_hidden_truth_shows_in_nothing_but_the_scores_and_their_errors() -> None:
    """With these held fixed, the page of a hidden truth is the same for every truth."""
    truth, predictions = made_run(5, 20)
    other = replace(truth, mus=truth.mus[::-1] + 0.7)
    scored = scores_of(truth, predictions), bootstrap_of(truth, predictions)
    hidden = report.render_report(truth, predictions, *scored, reveal_truth=False)
    assert hidden == report.render_report(other, predictions, *scored, reveal_truth=False)
    assert report.render_report(truth, predictions, *scored, reveal_truth=True) != report.render_report(
        other, predictions, *scored, reveal_truth=True
    )


@pytest.mark.parametrize(("reveal", "shown"), [({}, True), ({"reveal": True}, True), ({"reveal": False}, False)])
def test_reference_data_decide_whether_truth_is_shown(
    run: Any, main: Any, reveal: dict[str, bool], shown: bool
) -> None:
    run.change("ref/truth.json", **reveal)
    assert main(run.arguments) == 0
    page = (run.output / "detailed_results.html").read_text()
    true_mu = f"μ = {run.read('ref/truth.json')['ground_truth_mus'][0]:.3f}"
    assert (true_mu in page) is shown
    assert ("Coverage against μ" in page) is shown


@pytest.mark.parametrize(
    ("coverage", "words"),
    [
        (0.61, "in 61.0 % of 200 pseudo-experiments, below the allowed 61.7 % to 74.9 %: they are too narrow"),
        (0.68, "in 68.0 % of 200 pseudo-experiments, within the allowed 61.7 % to 74.9 %: the coverage costs nothing"),
        (0.9, "in 90.0 % of 200 pseudo-experiments, above the allowed 61.7 % to 74.9 %: they are too wide"),
    ],
)
def test_verdict(coverage: float, words: str) -> None:
    sentence = verdict(Scores(0, 0.5, coverage, 1.0, 0, 0), 200).replace("\xa0", " ")
    assert f"The intervals cover the true μ {words}" in sentence


def test_standard_errors_stand_beside_the_scores() -> None:
    truth, predictions = made_run(60, 10)
    bootstrap = bootstrap_of(truth, predictions)
    assert bootstrap is not None
    page = page_of(60, 10)
    for name in ("quantile_score", "interval", "coverage", "rmse", "mae"):
        assert f'<td class="error">± {getattr(bootstrap.standard_errors, name):.4f}</td>' in page
    assert page.count('<td class="error">±') == 5


@pytest.mark.parametrize(
    ("num_sets", "n", "words"),
    [
        (60, 10, "the sets are drawn anew, 1 000 times with replacement, as for the final ranking.</p>"),
        (10, 10, "as for the final ranking. Of 10 sets it is known to about 24 % only.</p>"),
        (1, 10, "the pseudo-experiments of the only set are drawn anew, 1 000 times with replacement. How much"),
        (1, 1, "One pseudo-experiment alone does not tell the error"),
    ],
)
def test_the_page_says_what_an_error_means(num_sets: int, n: int, words: str) -> None:
    page = page_of(num_sets, n).replace("\xa0", " ").replace("\u202f", " ")
    assert words in page
    assert ('<td class="error">±' in page) is (num_sets * n > 1)


def test_verdict_has_digits_enough_to_tell_the_coverage_from_the_edge() -> None:
    # The lower edge for 100 000 is 67.9756 %.
    sentence = verdict(Scores(0, 0.5, 0.67975, 1.0, 0, 0), 100_000).replace("\xa0", " ")
    assert "67.97 % of 100\u202f000 pseudo-experiments, below the allowed 67.98 %" in sentence


@pytest.mark.parametrize("stretch", [0.0, 0.5, 4.0])
def test_runs_far_off_are_drawn_too(stretch: float) -> None:
    assert "score lost, ln f" in page_of(2, 50, stretch=stretch)


def test_a_final_phase_stays_small() -> None:
    page = page_of(1000, 100)
    assert len(page.encode()) < 2_000_000
    assert "12 of 1000 sets" in page
