import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import yaml

from higgs_scoring.bootstrap import bootstrap_sets
from higgs_scoring.metrics import Intervals
from tests.helpers.repository import ROOT

OF_INTERVALS = ["quantiles_score", "interval", "coverage", "ingestion_duration", "rmse", "mae"]
UNRANKED = ["winkler_score", "width_at_exact_coverage", "failed_predictions"]
ERRORS = ["interval_error", "coverage_error", "rmse_error", "mae_error", "winkler_score_error"]
KEYS = [*OF_INTERVALS, *UNRANKED, "quantiles_score_median", "quantiles_score_error", *ERRORS]
ANSWERS = ["mu_hats", "delta_mu_hats", "p16", "p84"]
TIMES = ["fit_seconds", "predict_seconds"]


def scores_of(run: Any) -> dict[str, float]:
    return json.loads((run.output / "scores.json").read_text())


def test_a_hand_computed_run(run: Any, main: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run.write("ref/truth.json", run.read("ref/truth.json") | {"ground_truth_mus": [1.0, 2.0, 3.0]})
    for number in range(3):
        low = [number + 0.75] * 4 + [number + 1.125]  # four cover, one misses
        run.write(
            f"res/result_{number}.json",
            {"mu_hats": [number + 1.5] * 5, "delta_mu_hats": [0.5] * 5, "p16": low, "p84": [number + 1.25] * 5},
        )

    assert main(run.arguments) == 0

    width = (4 * 0.5 + 0.125) / 5
    scores = scores_of(run)
    assert list(scores) == [*KEYS, "fit_seconds"]
    assert {key: scores[key] for key in OF_INTERVALS} == {
        "quantiles_score": round(-math.log(width + 0.001), 10),
        "interval": round(width, 10),
        "coverage": 0.8,
        "ingestion_duration": 12.5,
        "rmse": 0.5,
        "mae": 0.5,
    }
    # The narrow interval is 0.125 above the truth.
    assert scores["winkler_score"] == float(f"{width + 2 / 0.3173 * 0.125 / 5:.4g}")
    # Covering needs 0, as the middle is the truth, and three times the width of the narrow one: 0 is exact.
    assert scores["width_at_exact_coverage"] == 0.0
    # All sets are alike.
    assert [scores[key] for key in ("quantiles_score_error", *ERRORS)] == [0.0] * 6
    assert scores["quantiles_score_median"] == scores["quantiles_score"]
    assert scores["fit_seconds"] == 61.5
    printed = capsys.readouterr().out
    assert "The intervals cover the true μ in 80.0\xa0% of 15 pseudo-experiments, which is right within" in printed
    assert f"coverage {'0.8000':>22} ± 0\n" in printed


def test_what_a_run_does_not_tell_is_no_number(make_run: Any, main: Any) -> None:
    run = make_run(1, 1)
    summary = run.read("res/ingestion_summary.json")
    del summary["fit_seconds"]
    run.write("res/ingestion_summary.json", summary)
    run.write("res/result_0.json", {key: run.read("res/result_0.json")[key] for key in ANSWERS})
    assert main(run.arguments) == 0
    assert list(scores_of(run)) == [*OF_INTERVALS, *UNRANKED]


def test_the_width_at_exact_coverage_has_three_digits(make_run: Any, main: Any) -> None:
    """With all digits it would be twice the distance of one of these intervals from its true mu."""
    run = make_run(10, 5)
    for number in range(10):
        run.change(f"res/result_{number}.json", p16=[-1.0] * 5, p84=[1.0] * 5)
    assert main(run.arguments) == 0
    width = 2 * np.sort(run.read("ref/truth.json")["ground_truth_mus"])[6]
    assert scores_of(run)["width_at_exact_coverage"] == float(f"{width:.3g}")
    assert float(f"{width:.3g}") != pytest.approx(width, rel=1e-6)


def test_errors_are_those_of_the_bootstrap_over_sets(make_run: Any, main: Any) -> None:
    run = make_run(20, 10)
    assert main(run.arguments) == 0
    scores = scores_of(run)
    results = [run.read(f"res/result_{number}.json") for number in range(20)]
    arrays = {key: np.array([result[key] for result in results]) for key in ANSWERS}
    drawn = bootstrap_sets(Intervals(np.array(run.read("ref/truth.json")["ground_truth_mus"]), **arrays))
    assert drawn is not None
    expected = drawn.standard_errors
    assert scores["quantiles_score_median"] == pytest.approx(np.median(drawn.quantile_score), abs=1e-10)
    assert scores["quantiles_score_error"] == float(f"{expected.quantile_score:.2g}")
    for key in ("interval", "coverage", "rmse", "mae"):
        assert scores[f"{key}_error"] == float(f"{getattr(expected, key):.2g}") != 0
    assert scores["winkler_score_error"] == float(f"{expected.winkler:.2g}")
    times = [second for result in results for second in result["predict_seconds"]]
    assert scores["predict_seconds"] == pytest.approx(np.median(times), abs=1e-10)


def test_truth_is_matched_by_set_number_whatever_the_order_of_declaration(make_run: Any, main: Any) -> None:
    run = make_run(12, 3)  # by name, result_10 comes before result_2
    assert main(run.arguments) == 0
    straight = scores_of(run)
    declared = run.read("res/ingestion_summary.json")["result_files"]
    run.change("res/ingestion_summary.json", result_files=sorted(declared, reverse=True))
    assert main(run.arguments) == 0
    assert scores_of(run) == straight

    swapped = run.read("ref/truth.json")["ground_truth_mus"]
    swapped[2], swapped[10] = swapped[10], swapped[2]
    run.change("ref/truth.json", ground_truth_mus=swapped)
    assert main(run.arguments) == 0
    assert scores_of(run)["mae"] != straight["mae"]


def test_old_plural_keys_are_read(run: Any, main: Any) -> None:
    assert main(run.arguments) == 0
    straight = scores_of(run)
    for number in range(3):
        name = f"res/result_{number}.json"
        content = run.read(name)
        run.write(name, {{"p16": "p16s", "p84": "p84s"}.get(key, key): value for key, value in content.items()})
    assert main(run.arguments) == 0
    assert scores_of(run) == straight


def test_truth_in_the_prediction_folder_is_ignored(run: Any, main: Any) -> None:
    assert main(run.arguments) == 0
    straight = scores_of(run)
    for name in ("truth.json", "test_settings.json"):
        run.write(f"res/{name}", {"ground_truth_mus": [100.0, 100.0, 100.0]})
    assert main(run.arguments) == 0
    assert scores_of(run) == straight


@pytest.mark.parametrize("value", [-1e4, 0.0, 1e4])
@pytest.mark.parametrize("width", [0.0, 2e4])
def test_the_largest_answers_still_fit_the_leaderboard(make_run: Any, main: Any, value: float, width: float) -> None:
    run = make_run(2, 2)
    run.change("ref/truth.json", ground_truth_mus=[-1e4, 1e4])
    run.change("res/ingestion_duration.json", ingestion_duration=1e9)
    low, high = (-1e4, 1e4) if width else (value, value)
    for number in range(2):
        run.write(
            f"res/result_{number}.json",
            {"mu_hats": [value] * 2, "delta_mu_hats": [-value] * 2, "p16": [low] * 2, "p84": [high] * 2},
        )

    assert main(run.arguments) == 0

    written = json.loads((run.output / "scores.json").read_text(), parse_float=Decimal, parse_int=Decimal)
    assert list(written) == [*KEYS, "fit_seconds"]
    for score in written.values():
        assert score.is_finite()
        exponent = score.as_tuple().exponent
        assert isinstance(exponent, int)
        assert exponent >= -10
        assert abs(score) < 10**10


def test_an_answer_beyond_the_largest_counts_as_that_and_is_warned_of(
    make_run: Any, main: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = []
    for beyond in (1e300, 1e4):
        run = make_run(2, 2)
        answers = {"mu_hats": [1.0, beyond], "delta_mu_hats": [0.1, beyond], "p16": [0.5, -beyond], "p84": [1.5, 1.0]}
        run.write("res/result_1.json", answers)
        assert main(run.arguments) == 0
        scores.append(scores_of(run))
        warning = "Answers with a number beyond 10\u202f000, which counts as that: 1."
        assert (warning in capsys.readouterr().err) == (beyond > 1e4)
        assert (warning in (run.output / "detailed_results.html").read_text()) == (beyond > 1e4)
    assert scores[0] == scores[1]


def test_only_the_two_files_are_left_and_the_same_run_gives_the_same_bytes(run: Any, main: Any) -> None:
    assert main(run.arguments) == 0
    first = {path.name: path.read_bytes() for path in run.output.iterdir()}
    assert main(run.arguments) == 0
    assert sorted(first) == ["detailed_results.html", "scores.json"]
    assert {path.name: path.read_bytes() for path in run.output.iterdir()} == first


def test_the_program_folder_alone_is_enough(run: Any, run_alone: Callable[[list[str]], str]) -> None:
    run_alone(run.arguments)
    assert list(scores_of(run)) == KEYS + TIMES
    assert max(map(len, scores_of(run))) <= 36


def test_help_explains_every_option(main: Any, help_of: Callable[[Any], str]) -> None:
    text = help_of(main)
    for words in (
        "--prediction DIR",
        "Folder that ingestion wrote",
        "--reference DIR",
        "true mu of every set",
        "--output DIR",
    ):
        assert words in text


def test_metadata_names_the_platforms_folders() -> None:
    metadata = yaml.safe_load((ROOT / "scoring_program" / "metadata.yaml").read_text())
    command = metadata["command"].split()
    assert command[:2] == ["python3", "/app/program/run_scoring.py"]
    options = dict(zip(command[2::2], command[3::2], strict=True))
    assert options == {"--prediction": "/app/input/res", "--reference": "/app/input/ref", "--output": "/app/output"}


def test_a_run_with_one_pseudo_experiment_of_no_width(make_run: Any, main: Any) -> None:
    run = make_run(1, 1)
    run.change("ref/truth.json", ground_truth_mus=[1.0])
    run.write("res/result_0.json", {"mu_hats": [1], "delta_mu_hats": [0], "p16": [1], "p84": [1]})
    assert main(run.arguments) == 0
    assert scores_of(run)["quantiles_score"] == round(-float(np.log(0.001)), 10)
