"""The table of methods: who is first, who ties, and what the cells and the notes say."""

import numpy as np
import pytest

from higgs_challenge.errors import InputError
from higgs_scoring.metrics import score_sets
from higgs_tools.baselines.result_file import Answers, ResultFile, ScoreEstimates
from higgs_tools.baselines.table import ASIMOV, make_table
from tests.helpers.made_results import made_answers, made_content, made_result


def cells(result: ResultFile) -> dict[str, str]:
    return make_table([result]).rows[0]


def test_methods_stand_in_the_order_of_their_ranks() -> None:
    table = make_table([made_result("wide", 1.7), made_result("exact"), made_result("narrow", 0.3)])
    assert [(row["Rank"], row["Method"].partition(":")[0]) for row in table.rows] == [
        ("1", "exact"),
        ("2", "wide"),
        ("3", "narrow"),
    ]


def test_equal_methods_tie() -> None:
    table = make_table([made_result("b"), made_result("wide", 3.0), made_result("a")])
    assert [row["Rank"] for row in table.rows] == ["1 =", "1 =", "3"]
    assert any("= marks one that several share" in note for note in table.notes)


def test_so_few_that_any_coverage_is_free_are_told() -> None:
    many = made_result("mine")
    few = many.model_copy(update={"plan": many.plan.model_copy(update={"sets": 1, "pseudo_experiments": 2})})
    notes = [[note for note in make_table([one]).notes if "little of coverage" in note] for one in (few, many)]
    assert notes == [["So few pseudo-experiments say little of coverage: any from 2% to 100% is free of penalty."], []]


def test_cells_show_what_the_file_holds() -> None:
    result = made_result("mine", expected_width=0.479, cut_share=0.125)
    score, coverage = result.scores.quantile_score, result.scores.coverage
    assert score.error is not None
    assert coverage.error is not None
    assert cells(result) == {
        "Rank": "1",
        "Method": "mine: The method mine",
        "Quantile score": f"{score.value:.3f} ± {score.error:.3f}",
        "Width": f"{result.scores.interval.value:.3f} ± {result.scores.interval.error:.3f}",
        "Width before the cut": "0.650",
        "Share cut": "0.125",
        "Coverage": f"{coverage.value:.3f} ± {coverage.error:.3f}",
        "Mean pull": "0.010",
        "Pull width": "0.980",
        "Flat coverage": "0.04",
        "Expected width": "0.479",
        "fit()": "1 min 15 s",
        "predict()": "1.2 s",
        "Order": "2 the same",
    }


def test_what_is_not_known_is_left_empty() -> None:
    row = cells(made_result("mine", pulls=None, order_check=None, flatness={"mu": {"coverage": None, "bias": None}}))
    empty = ("Mean pull", "Pull width", "Expected width", "Order")
    assert [row[heading] for heading in empty] == [""] * 4
    assert row["Flat coverage"] == "–"


def test_answers_that_depend_on_the_order_are_told() -> None:
    check = {"repeated": 3, "different": 2, "by_chance": 1, "largest_difference": 0.5}
    assert cells(made_result("mine", order_check=check))["Order"] == "2 of 3 differ"


def test_trainings_of_a_method_are_one_row_with_mean_and_spread() -> None:
    first, second = made_result("mine", 1.0, 1), made_result("mine", 1.1, 2, width_before=0.75)
    (row,) = make_table([first, second]).rows
    values = [result.scores.interval.value for result in (first, second)]
    assert row["Method"] == "mine: The method mine (2 trainings)"
    assert row["Width"].startswith(f"{np.mean(values):.3f} ± ")
    assert row["Width"].endswith(f"(spread {np.std(values, ddof=1):.3f})")
    assert row["Width before the cut"] == "0.700"
    assert row["Order"] == "4 the same"


def test_the_error_of_two_equal_trainings_is_that_of_one() -> None:
    alone = cells(made_result("mine"))["Quantile score"]
    (row,) = make_table([made_result("mine", training_seed=seed) for seed in (1, 2)]).rows
    assert row["Quantile score"] == f"{alone} (spread 0.000)"


def test_the_limit_of_the_reference_is_the_last_row() -> None:
    table = make_table([made_result("reference", expected_width=0.479), made_result("wide", 3.0, expected_width=1.5)])
    assert table.has_limit
    filled = {heading: text for heading, text in table.rows[-1].items() if text}
    assert filled == {"Method": ASIMOV, "Width before the cut": "0.479"}
    assert not make_table([made_result("reference")]).has_limit
    assert not make_table([made_result("wide", expected_width=1.5)]).has_limit


def test_the_notes_name_events_plan_machine_and_command() -> None:
    table = make_table([made_result("mine")])
    assert table.notes[0] == (
        "6 sets of 20 pseudo-experiments, phase feedback, seed 11; made up (hidden part 25 pseudo-experiments deep, "
        "training part 100 pseudo-experiments deep)."
    )
    assert table.notes[1] == "Machine: a processor, 2 cores, a GPU; python 3.11.7. Commit: 0123456789."
    assert table.command == (
        "make baselines STORE=build/data/large/store PHASE=feedback SETS=6 PSEUDO_EXPERIMENTS=20 SEED=11"
    )


def test_different_commits_are_all_named() -> None:
    other = {"commit": "fedcba9876543210", "is_changed": True}
    table = make_table([made_result("a"), made_result("b", source=other), made_result("c")])
    assert table.notes[1].endswith("Commit: 0123456789 or fedcba9876 with changes.")


def test_a_single_pseudo_experiment_has_no_error() -> None:
    one = made_answers()
    answers = Answers(
        mus=one.mus[:1].tolist(),
        **{name: getattr(one, name)[:1, :1].tolist() for name in ("mu_hats", "delta_mu_hats", "p16", "p84")},
    )
    values = score_sets(answers.intervals)
    scores = {name: {"value": getattr(values, name), "error": None} for name in ScoreEstimates.model_fields}
    plan = {"phase": "feedback", "sets": 1, "pseudo_experiments": 1, "seed": 1}
    row = cells(made_result("mine", answers=answers, scores=scores, plan=plan))
    assert "±" not in row["Quantile score"]


@pytest.mark.parametrize("entry", ["plan", "data"])
def test_other_pseudo_experiments_are_not_compared(entry: str) -> None:
    content = made_content("other")
    content["identity"][entry] = "else"
    other = ResultFile.model_validate(content)
    with pytest.raises(InputError, match="The results of mine and other are of different pseudo-experiments"):
        make_table([made_result("mine"), other])


def test_the_same_training_counts_once() -> None:
    with pytest.raises(InputError, match="Two results files are of mine with the training seed 2"):
        make_table([made_result("mine", training_seed=2)] * 2)
