"""Methods run one after the other: what is finished stays, what was interrupted goes on, what fails is told."""

import json
import shutil
from pathlib import Path

import pytest

from higgs_challenge.execution.journal import Journal
from higgs_tools.baselines import run_methods
from higgs_tools.baselines.result_file import read_result, read_results
from tests.helpers.made_methods import compare, make_repository, write_method
from tests.helpers.tiny_submissions import write_submission

RESULTS, RUNS = Path("build/baselines/results"), Path("build/baselines/runs")

pytestmark = pytest.mark.slow


class KilledError(Exception):
    """What ends a run in the middle."""


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose two methods were run, to be copied."""
    root = tmp_path_factory.mktemp("once")
    make_repository(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert compare(root) == 0
    return root


@pytest.fixture
def finished(once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose two methods were run, which is the working directory."""
    shutil.copytree(once, tmp_path / "finished")
    monkeypatch.chdir(tmp_path / "finished")
    return tmp_path / "finished"


def test_all_methods_are_run_and_ranked(finished: Path) -> None:
    reference, wide = read_results(RESULTS)
    assert (reference.identity.method, wide.identity.method) == ("reference", "wide")
    assert (reference.identity.training_seed, wide.identity.training_seed) == (1, None)
    assert (reference.title, wide.title) == ("reference", "Ten wide")
    assert (reference.expected_width, wide.expected_width) == (0.9, None)
    assert (reference.width_before, wide.width_before) == (1.0, 10.0)
    assert (reference.cut_share, wide.cut_share) == (0.0, 0.0)
    assert reference.plan.model_dump() == {"phase": "phase", "sets": 2, "pseudo_experiments": 5, "seed": 7}
    assert list(reference.flatness) == ["mu", "shift"]
    scores = json.loads((RUNS / "wide" / "scores" / "scores.json").read_text())
    assert wide.scores.quantile_score.value == pytest.approx(scores["quantiles_score"], abs=1e-5)
    assert wide.scores.rmse.value == pytest.approx(scores["rmse"], abs=1e-5)
    assert wide.scores.coverage.value == 1.0
    assert "| wide: Ten wide |" in Path("build/baselines/table.md").read_text()
    assert "Asimov limit of the reference" in Path("build/baselines/table.html").read_text()


def test_what_is_finished_is_not_run_again(
    finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [path.read_bytes() for path in sorted(RESULTS.iterdir())]
    (finished / "baselines" / "wide" / "README.md").write_text("# Ten wide\n\nMeasured: much.\n")
    monkeypatch.setattr(run_methods, "run_ingestion", lambda run: pytest.fail("a run begins"))
    assert compare(finished) == 0
    assert [path.read_bytes() for path in sorted(RESULTS.iterdir())] == before
    assert Path("build/baselines/table.md").read_text() in capsys.readouterr().out


def test_a_changed_method_is_run_again_and_no_other(finished: Path) -> None:
    untouched = (RESULTS / "reference.json").read_bytes()
    write_method(finished / "baselines" / "wide", 2)
    (finished / "sample_code_submission" / "__pycache__").mkdir()
    assert compare(finished) == 0
    assert read_result(RESULTS / "wide.json").width_before == 2.0
    assert (RESULTS / "reference.json").read_bytes() == untouched


def test_a_method_is_run_again_with_another_library(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read_result(RESULTS / "wide.json")
    monkeypatch.setattr(run_methods, "digest_library", lambda: "another")
    assert compare(finished, "wide") == 0
    after = read_result(RESULTS / "wide.json")
    assert after.identity.library == "another"
    assert after.cost.fit_seconds != before.cost.fit_seconds


def test_a_method_is_run_again_on_another_plan_and_others_are_left_out(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = read_result(RESULTS / "wide.json")
    assert compare(finished, "wide", "--random-seed", 8) == 0
    second = read_result(RESULTS / "wide.json")
    assert (first.plan.seed, second.plan.seed) == (7, 8)
    assert first.answers.mus != second.answers.mus
    assert "Left out, as they were run on other pseudo-experiments: reference." in capsys.readouterr().out
    assert "| reference" not in Path("build/baselines/table.md").read_text()


def test_an_interrupted_run_goes_on(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add, added = Journal.add, []

    def interrupt(journal: Journal, result: object, elapsed: float) -> None:
        if len(added) == 3:
            raise KilledError
        added.append(result)
        add(journal, result, elapsed)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "add", interrupt)
        with pytest.raises(KilledError):
            compare(repository, "reference")
    assert not (RESULTS / "reference.json").exists()
    journal = RUNS / "reference" / "results" / "journal.jsonl"
    before = journal.read_text()
    assert compare(repository, "reference") == 0
    assert journal.read_text().startswith(before)
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [next(iter(entry)) for entry in entries] == ["run", "fit", *["result"] * 10]
    assert (RUNS / "reference" / "results" / "submission.log").read_text() == "expected width: 0.9\n"  # of one fit
    assert read_result(RESULTS / "reference.json").expected_width == 0.9


@pytest.mark.parametrize("change", ["method", "library"])
def test_an_interrupted_run_of_something_else_starts_again(
    repository: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    def interrupt(journal: Journal, result: object, elapsed: float) -> None:
        raise KilledError

    write_method(repository / "baselines" / "wide", 10, fit="print('first')")
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "add", interrupt)
        with pytest.raises(KilledError):
            compare(repository, "wide")
    journal = RUNS / "wide" / "results" / "journal.jsonl"
    before = journal.read_text()
    if change == "method":
        write_method(repository / "baselines" / "wide", 2, fit="print('second')")
    else:
        monkeypatch.setattr(run_methods, "digest_library", lambda: "another")
    assert compare(repository, "wide") == 0
    assert '"fit"' in before
    assert not journal.read_text().startswith(before)  # fitted anew, in other seconds
    printed = (RUNS / "wide" / "results" / "submission.log").read_text()
    assert printed == ("second\n" if change == "method" else "first\n")  # nothing of before


def test_a_finished_run_without_its_results_file_is_not_fitted_again(finished: Path) -> None:
    before = read_result(RESULTS / "reference.json")
    (RESULTS / "reference.json").unlink()
    assert compare(finished, "reference") == 0
    assert read_result(RESULTS / "reference.json").cost == before.cost


def test_a_damaged_journal_starts_the_run_again(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (RESULTS / "wide.json").unlink()
    (RUNS / "wide" / "results" / "journal.jsonl").write_text("nonsense\n")
    assert compare(finished, "wide") == 0
    assert "Starting again: " in capsys.readouterr().out
    assert (RESULTS / "wide.json").exists()


def test_a_damaged_note_of_what_was_run_starts_the_run_again(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (RESULTS / "wide.json").unlink()
    (RUNS / "wide" / "identity.json").write_text('{"meth')
    assert compare(finished, "wide") == 0
    assert "identity.json is not JSON" in capsys.readouterr().out
    assert (RESULTS / "wide.json").exists()


def test_a_failing_method_is_told_and_the_others_go_on(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_submission(finished / "sample_code_submission", fit="raise ValueError('no idea')")
    write_method(finished / "baselines" / "wide", 2)
    assert compare(finished) == 2
    printed = capsys.readouterr()
    assert "1 run of 2 failed" in printed.err
    assert "reference: fit failed: ValueError: no idea" in printed.err
    assert "reference.json is of an earlier run)" in printed.err
    assert (RESULTS / "reference.json").exists()  # but not in the table:
    assert read_result(RESULTS / "wide.json").width_before == 2.0
    assert "reference" not in Path("build/baselines/table.md").read_text()


def test_where_all_fail_there_is_no_table(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "baselines" / "wide" / "model.py").unlink()
    assert compare(repository, "wide") == 2
    assert "has no model.py in its top folder" in capsys.readouterr().err
    assert not Path("build/baselines/table.md").exists()


def test_several_trainings_have_seeds_of_their_own(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(finished, "--training-seeds", 2) == 0
    assert sorted(path.name for path in RESULTS.iterdir()) == ["reference-seed2.json", "reference.json", "wide.json"]
    assert read_result(RESULTS / "reference-seed2.json").width_before == 2.0
    assert "Trained once only, as there is no training_seed.py: wide." in capsys.readouterr().out
    assert "reference (2 trainings)" in Path("build/baselines/table.md").read_text()


def test_the_order_is_checked_and_recorded(repository: Path) -> None:
    count = "self.calls = getattr(self, 'calls', 0) + 1"
    moving = "dict(mu_hat=1, delta_mu_hat=20, p16=0.1, p84=self.calls)"
    write_submission(repository / "baselines" / "wide", predict=count, answer=moving)
    assert compare(repository, "wide", "--check-order", 2) == 0
    result = read_result(RESULTS / "wide.json")
    assert (result.cut_share, result.width_before) == (1.0, 40.0)
    check = result.order_check
    assert check is not None
    assert check.repeated == 2
    assert check.different > 0
    assert check.by_chance == 0


def test_results_can_go_to_another_folder(repository: Path) -> None:
    folders = ("--results", repository / "results", "--output", repository / "elsewhere")
    assert compare(repository, "wide", *folders) == 0
    assert (repository / "results" / "wide.json").exists()
    assert (repository / "elsewhere" / "table.md").exists()
    assert not (repository / "build").exists()
