"""What the check of a submission finds by running it, each submission bad in one way."""

from dataclasses import replace
from pathlib import Path

import pytest

from higgs_challenge.execution.worker import Fit, Result
from higgs_challenge.experiments import Settings
from higgs_challenge.experiments.settings import Limits
from higgs_challenge.sandbox.isolation import FULL, Isolation
from higgs_challenge.submission.answer import Interval
from higgs_tools.checking.checker import check_submission
from higgs_tools.checking.findings import Finding, Level
from higgs_tools.checking.judgement import judge_answers, judge_time
from higgs_tools.checking.packing import pack
from higgs_tools.checking.phases import Phase
from higgs_tools.checking.trial import Trial, affordable
from tests.helpers.repository import ROOT
from tests.helpers.tiny_submissions import write_submission

pytestmark = pytest.mark.slow

LIMITS = Limits(fit_seconds=20.0, predict_seconds=20.0, total_seconds=7200.0, memory_gigabytes=8.0)
PHASE = Phase("feedback", Settings(limits=LIMITS))
HONEST = "n = len(test_set['data']) / 1000"
ANSWER_OF_N = "{'mu_hat': n, 'delta_mu_hat': 0.3, 'p16': n - 0.3, 'p84': n + 0.3}"


def find(findings: list[Finding], check: str) -> list[Finding]:
    return [finding for finding in findings if finding.check == check]


def worst(findings: list[Finding], check: str) -> Finding:
    """The worst finding of one check."""
    order = [Level.OK, Level.REMARK, Level.UNCHECKED, Level.WARNING, Level.FAILURE]
    return max(find(findings, check), key=lambda finding: order.index(finding.level))


def checked(tmp_path: Path, store: Path, phase: Phase = PHASE, **methods: str) -> list[Finding]:
    return check_submission(write_submission(tmp_path / "mine", **methods), phase, store)


def test_the_dummy_passes_as_a_zip(tmp_path: Path, small_store: Path) -> None:
    pack(ROOT / "dummy_submission", tmp_path / "dummy.zip")
    findings = check_submission(tmp_path / "dummy.zip", PHASE, small_store)
    assert {finding.level for finding in findings} <= {Level.OK, Level.REMARK}
    assert worst(findings, "answers").text == "every answer is the same, whatever the signal"
    checks = {finding.check for finding in findings}
    assert {"files", "class Model", "imports", "isolation", "fit", "pickling", "predict", "order", "time"} <= checks
    assert {"memory", "output"} <= checks


def test_an_honest_submission_that_looks_at_its_events_has_nothing_to_mend(tmp_path: Path, small_store: Path) -> None:
    findings = checked(tmp_path, small_store, predict=HONEST, answer=ANSWER_OF_N)
    assert not [finding for finding in findings if finding.level in (Level.FAILURE, Level.UNCHECKED)]
    assert worst(findings, "order").level == Level.OK


BAD = {
    "fit raises": ({"fit": "raise ValueError('no luck')"}, "fit", "ValueError: no luck", "fix what"),
    "fit too slow": ({"fit": "import time\ntime.sleep(60)"}, "fit", "longer than its limit of 2 s", "make it faster"),
    "a file by a wrong path": ({"fit": "open('model.py')"}, "fit", "beside model.py", "os.path.dirname(__file__)"),
    "network": (
        {"fit": "import urllib.request\nurllib.request.urlopen('http://nobody.invalid')"},
        "fit",
        "all else is closed",
        "no network",
    ),
    "other files": ({"fit": "open('/tmp/cache', 'w')"}, "fit", "all else is closed", "tempfile"),
    "does not pickle": (
        {"fit": "import threading\nself.lock = threading.Lock()"},
        "pickling",
        "lock does not pickle",
        "drop the attribute",
    ),
    "predict raises": ({"predict": "{}['key']"}, "predict", "KeyError: 'key'", "fix what"),
    "no dict": ({"answer": "(0, 1)"}, "predict", "must return a dict", "a dict of finite numbers"),
    "not finite": (
        {"answer": "{'mu_hat': 1.0, 'delta_mu_hat': 0.2, 'p16': float('nan'), 'p84': 1.2}"},
        "predict",
        "expected a finite number",
        "finite",
    ),
    "swapped": (
        {"answer": "{'mu_hat': 1.0, 'delta_mu_hat': 0.2, 'p16': 1.4, 'p84': 1.2}"},
        "predict",
        "expected p16 <= p84",
        "p16 <= p84",
    ),
    "order": (
        {
            "constructor": "self.n = 0",
            "predict": "self.n += 1",
            "answer": "{'mu_hat': self.n, 'delta_mu_hat': 1, 'p16': self.n - 1, 'p84': self.n + 1}",
        },
        "order",
        "depend on earlier calls",
        "do not change attributes",
    ),
    "gone": (
        {
            "fit": "import sys\nsys.kept = 1",
            "predict": "import sys\nsys.kept",
        },
        "predict",
        "has no attribute 'kept'",
        "fix what",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_failure_is_reported_with_its_remedy(tmp_path: Path, small_store: Path, name: str) -> None:
    methods, check, text, remedy = BAD[name]
    limit = 2.0 if "slow" in name else 20.0
    phase = Phase("feedback", Settings(limits=LIMITS.model_copy(update={"fit_seconds": limit})))
    finding = worst(checked(tmp_path, small_store, phase, **methods), check)
    assert finding.level == Level.FAILURE
    assert text in finding.text
    assert remedy in finding.remedy


def test_what_could_not_be_checked_says_so(tmp_path: Path, small_store: Path) -> None:
    findings = checked(tmp_path, small_store, fit="raise ValueError")
    for check in ("pickling", "predict", "answers", "order", "time", "memory", "output"):
        assert worst(findings, check).level == Level.UNCHECKED
    assert worst(findings, "class Model").level == Level.OK


def test_chance_is_reported_apart_from_order(tmp_path: Path, small_store: Path) -> None:
    answer = "{'mu_hat': 1, 'delta_mu_hat': 1, 'p16': 0, 'p84': 2 + random.random()}"
    finding = worst(checked(tmp_path, small_store, predict="import random", answer=answer), "order")
    assert finding.level == Level.WARNING
    assert "depend on chance" in finding.text
    assert "seed" in finding.remedy


def test_chance_is_found_where_a_fresh_process_begins_without(tmp_path: Path, small_store: Path) -> None:
    predict = """
        import random
        n = len(test_set['data'])
        self.first = getattr(self, 'first', n)
        noise = 0 if n == self.first else random.random()
    """
    answer = "{'mu_hat': 1, 'delta_mu_hat': 1, 'p16': 0, 'p84': 2 + noise}"
    finding = worst(checked(tmp_path, small_store, predict=predict, answer=answer), "order")
    assert "depend on chance" in finding.text


def test_a_generator_kept_from_fit_is_state(tmp_path: Path, small_store: Path) -> None:
    fit = "import numpy\nself.rng = numpy.random.default_rng()"
    answer = "{'mu_hat': 1, 'delta_mu_hat': 1, 'p16': 0, 'p84': 2 + self.rng.random()}"
    finding = worst(checked(tmp_path, small_store, fit=fit, answer=answer), "order")
    assert finding.level == Level.FAILURE
    assert "depend on earlier calls" in finding.text
    assert "make it in predict, with a fixed seed" in finding.remedy


USES = {"fit": "from parts import plots", "predict": "from parts import plots", "nowhere": ""}


@pytest.mark.parametrize("used", USES)
def test_an_import_in_a_file_that_the_trial_never_loads_is_a_warning(
    tmp_path: Path, small_store: Path, used: str
) -> None:
    files = {"parts/__init__.py": "", "parts/plots.py": "import pytest\n"}  # installed here, not in the image
    methods = {used: USES[used]} if USES[used] else {"fit": "import parts"}
    folder = write_submission(tmp_path / "mine", files, **methods)
    finding = worst(check_submission(folder, PHASE, small_store), "imports")
    assert "pytest (parts/plots.py, line 1) is not on the platform, it is installed only here" in finding.text
    assert finding.level == (Level.WARNING if used == "nowhere" else Level.FAILURE)
    assert ("the trial did without parts/plots.py" in finding.text) == (used == "nowhere")


def test_where_no_trial_goes_through_a_missing_package_stays_a_failure(tmp_path: Path, small_store: Path) -> None:
    files = {"parts/__init__.py": "", "parts/plots.py": "import absent_module\n"}
    folder = write_submission(tmp_path / "mine", files, fit="import parts\nraise ValueError")
    assert worst(check_submission(folder, PHASE, small_store), "imports").level == Level.FAILURE


def test_files_that_predict_writes_are_reported(tmp_path: Path, small_store: Path) -> None:
    finding = worst(checked(tmp_path, small_store, predict="open('cache.txt', 'a').write('x')"), "output")
    assert finding.level == Level.WARNING
    assert "work/cache.txt" in finding.text


def test_too_much_printing_is_reported(tmp_path: Path, small_store: Path) -> None:
    finding = worst(checked(tmp_path, small_store, predict="print('x' * 20_000)"), "output")
    assert finding.level == Level.WARNING
    assert "keeps the first 10 MB" in finding.text


def test_a_hidden_module_is_reported(tmp_path: Path, small_store: Path) -> None:
    folder = write_submission(tmp_path / "mine", {"random.py": "x = 1"})
    finding = worst(check_submission(folder, PHASE, small_store), "imports")
    assert finding.level == Level.FAILURE
    assert "random.py is hidden by random" in finding.text


def test_a_package_that_only_this_machine_lacks_leaves_the_check_undecided(
    tmp_path: Path, small_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("higgs_tools.checking.checker.image_modules", lambda: {"absent_module": "absent"})
    folder = write_submission(tmp_path / "mine", fit="import absent_module")
    findings = check_submission(folder, PHASE, small_store)
    assert worst(findings, "fit").level == Level.UNCHECKED
    assert worst(findings, "imports").remedy == "to try the submission here: pip install absent"
    assert not [finding for finding in findings if finding.level == Level.FAILURE]


MORE_ROWS = {
    "row numbers": "self.get(selected_indices=range(1_000_000))",
    "a number": "self.get(train_size=1_000_000)['weights'][999_999]",
}


@pytest.mark.parametrize("asked", MORE_ROWS.values(), ids=MORE_ROWS)
def test_a_fit_that_fails_for_want_of_events_is_not_checked(tmp_path: Path, small_store: Path, asked: str) -> None:
    findings = checked(tmp_path, small_store, constructor="self.get = get_train_set", fit=asked)
    finding = worst(findings, "fit")
    assert finding.level == Level.UNCHECKED
    assert "needs 1000000 training events, and these data have 10750" in finding.text
    assert "--data" in finding.remedy
    assert not [finding for finding in findings if finding.level == Level.FAILURE]


@pytest.mark.parametrize("asked", ["selected_indices=[-1, 99_999]", "selected_indices=[1, 10**9]", "train_size='all'"])
def test_a_fit_that_asks_for_events_that_nobody_has_fails(tmp_path: Path, small_store: Path, asked: str) -> None:
    finding = worst(checked(tmp_path, small_store, constructor=f"get_train_set({asked})"), "fit")
    assert finding.level == Level.FAILURE


def test_a_fit_that_takes_fewer_events_than_it_asked_for_passes(tmp_path: Path, small_store: Path) -> None:
    finding = worst(checked(tmp_path, small_store, constructor="get_train_set(train_size=1_000_000)"), "fit")
    assert finding.level in (Level.OK, Level.REMARK)


def test_where_there_are_no_processes_the_files_are_still_checked(
    tmp_path: Path, small_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    findings = check_submission(write_submission(tmp_path / "mine"), PHASE, small_store)
    assert worst(findings, "files").level == Level.OK
    assert worst(findings, "class Model").level == Level.OK
    assert worst(findings, "isolation").level == Level.UNCHECKED
    assert "WSL" in worst(findings, "isolation").remedy


def made_trial(intervals: list[tuple[float, float, float, float]], predict_seconds: float = 1.0) -> Trial:
    """A trial as if it had been made: mu 0.5, 1.5 and 2.5, honest data, fit in a minute."""
    mus = [0.5, 1.5, 2.5]
    results = [
        Result(index, 0, Interval(*numbers), predict_seconds, 0.1, 10**9, 0) for index, numbers in enumerate(intervals)
    ]
    fit = Fit(60.0, 10**9, Isolation(FULL, 7, ()), model_bytes=10)
    return Trial(1000, 1.0, fit=fit, mus=mus, results=results, again=results[0], fresh=results[::-1])


def around(values: list[float], half: float, delta: float = 0.3) -> list[tuple[float, float, float, float]]:
    return [(value, delta, value - half, value + half) for value in values]


@pytest.mark.parametrize(
    ("intervals", "level", "text"),
    [
        (around([0.6, 1.4, 2.5], 0.3), Level.OK, "width 0.6, 3 of 3 intervals contain the truth"),
        (around([0.6, 1.4, 2.5], 0.0), Level.WARNING, "zero width"),
        (around([0.6, 1.4, 2.5], 0.01, 0.01), Level.WARNING, "0.02 wide; the narrowest sound ones known are 0.46"),
        (around([0.6, 1.4, 2.5], 1.5, 1.5), Level.WARNING, "as wide as the range"),
        (around([5.6, 6.4, 7.5], 0.3), Level.WARNING, "17 half-widths from the truth"),
        ([(3.0, 0.3, 0.2, 0.8), (3.0, 0.3, 1.2, 1.8), (3.0, 0.3, 2.2, 2.8)], Level.WARNING, "in 3 of 3 answers"),
        (around([0.6, 1.4, 2.5], 0.3, 3.0), Level.REMARK, "delta_mu_hat is 10 times half the interval"),
        (around([1.0, 1.0, 1.0], 0.8, 0.8), Level.REMARK, "every answer is the same"),
    ],
)
def test_intervals_are_judged(intervals: list[tuple[float, float, float, float]], level: Level, text: str) -> None:
    findings = judge_answers(made_trial(intervals), PHASE)
    assert any(finding.level == level and text in finding.text for finding in findings)
    assert level == Level.OK or findings[0].level == Level.OK
    assert (level == Level.WARNING) == any(finding.level == Level.WARNING for finding in findings)


def test_a_delta_mu_hat_from_before_a_cut_at_the_range_of_mu_is_right() -> None:
    cut = [(0.2, 1.0, 0.1, 0.7), (2.9, 1.0, 2.4, 3.01)]
    for within, remarks in ((0.3, 0), (3.0, 1)):
        findings = judge_answers(made_trial([*cut, (1.5, within, 1.2, 1.8)]), PHASE)
        assert sum("delta_mu_hat is" in finding.text for finding in findings) == remarks


def test_intervals_that_end_at_the_range_of_mu_may_be_all_cut_away() -> None:
    findings = judge_answers(made_trial([(-0.6, 0.4, 0.1, 0.1), (1.5, 0.4, 1.1, 1.9), (3.3, 0.4, 2.9, 3.0)]), PHASE)
    assert [finding.level for finding in findings] == [Level.OK]


@pytest.mark.parametrize(
    ("predict_seconds", "workers", "level", "text"),
    [
        (1.0, None, Level.OK, "17 min 40 s with one worker; feedback has 2 h 0 min"),
        (10.0, None, Level.REMARK, "so it needs 3 parallel workers"),
        (10.0, 3, Level.OK, "enough with 3 workers"),
        (10.0, 2, Level.FAILURE, "3 workers would be needed"),
        (55.0, None, Level.FAILURE, "12 workers would be needed"),
        (55.0, 20, Level.WARNING, "the limit is 60 s"),
    ],
)
def test_time_is_extrapolated_to_the_phase(
    predict_seconds: float, workers: int | None, level: Level, text: str
) -> None:
    phase = Phase("feedback", Settings(limits=Limits(total_seconds=7200.0)), workers)
    findings = judge_time(made_trial(around([0.6, 1.4, 2.5], 0.3), predict_seconds), phase)
    assert any(finding.level == level and text in finding.text for finding in findings)


def test_without_a_limit_for_the_whole_run_no_verdict_on_it_is_made() -> None:
    phase = replace(PHASE, settings=Settings())
    (finding,) = judge_time(made_trial(around([0.6, 1.4, 2.5], 0.3)), phase)
    assert "is not known here" in finding.text


def test_slow_submissions_are_asked_about_fewer_pseudo_experiments() -> None:
    assert [affordable(seconds) for seconds in (0.01, 2.0, 5.0, 60.0)] == [6, 5, 2, 2]
