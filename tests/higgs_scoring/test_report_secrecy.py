"""What a report tells of a truth that it must not show."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from higgs_scoring.metrics import FloatArray
from tests.helpers.made_runs import made_run, render, with_answers


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
    assert (render(truth, with_answers(predictions, mus=truth.mus + 1e-7)) == page) is mu_is_hidden
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
    made = with_answers(predictions, **attack)
    page = render(truth, made)
    moved = with_answers(made, mus=truth.mus + 1e-6)
    assert without_averages(render(truth, moved)) == without_averages(page)
    assert page.count("<svg") == 1
    shown = replace(truth, reveal="mu")
    assert render(shown, made) != render(shown, moved)


def test_where_the_answers_of_a_set_lie_is_hidden_too() -> None:
    """All answers of a set together tell its mu, so that sets moved with their mu must give the same page."""
    shifts = np.array([0.5, -2.0, 0.25, 1.0, -0.25])
    for reveal, is_hidden in (("none", True), ("mu", False)):
        truth, predictions = made_run(5, 20, reveal=reveal)
        moved = {
            name: getattr(predictions.intervals, name) + shifts[:, np.newaxis] for name in ("mu_hats", "p16", "p84")
        }
        page = render(truth, with_answers(predictions, mus=truth.mus + shifts, **moved))
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


def test_a_few_pulls_alone_are_not_told_where_truth_is_hidden() -> None:
    truth, predictions = made_run(10, 20, reveal="none")
    assert "mean pull" in render(truth, predictions)
    deltas = np.where(np.arange(10)[:, np.newaxis] < 2, predictions.intervals.delta_mu_hats, 0.0)
    few = with_answers(predictions, delta_mu_hats=deltas)
    assert "mean pull" not in render(truth, few)
    assert "mean pull" in render(replace(truth, reveal="mu"), few)
