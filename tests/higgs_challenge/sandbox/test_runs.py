"""Whole runs: what a submission does that fails, hangs, crashes or clings to life, and the one message that it gets."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.runs import Runs, assert_contained, assert_harmless
from tests.helpers.tiny_submissions import model_source, write_submission

pytestmark = pytest.mark.slow

SLEEP = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)\n"
NO_TIME = "fit_seconds: 1, predict_seconds: 1"
DAEMON = """
    import os, signal, time
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            os.closerange(0, 1000)
            time.sleep(600)
        os._exit(0)
"""
BOMB = """
    import os, time
    end = time.monotonic() + 20
    for level in range(12):
        os.fork()
    while time.monotonic() < end:
        time.sleep(0.1)
    os._exit(0)
"""

GONE = "The submission has removed its own folder, or the folder that it works in."

FAILING: dict[str, tuple[dict[str, Any], str]] = {
    "raises on import": (
        {"files": {"model.py": f"raise OSError('no')\n{model_source()}"}},
        "fit failed: OSError: no",
    ),
    "exits as if well in fit": ({"fit": "raise SystemExit(0)"}, "fit failed: SystemExit: 0"),
    "interrupts in predict": (
        {"predict": "raise KeyboardInterrupt"},
        "predict failed: KeyboardInterrupt",
    ),
    "leaves without a word in fit": (
        {"fit": "import os\nos._exit(0)"},
        "fit ended the submission's process (exit code 0).",
    ),
    "leaves without a word in predict": (
        {"predict": "import os\nos._exit(0)"},
        "predict ended the submission's process (exit code 0). This happened 3 times in a row.",
    ),
    "aborts in fit": ({"fit": "import os\nos.abort()"}, "fit ended the submission's process (killed by SIGABRT)."),
    "crashes in the constructor": (
        {"constructor": "import ctypes\nctypes.string_at(0)"},
        "fit ended the submission's process (killed by SIGSEGV).",
    ),
    "kills its own group": (
        {"fit": "import os\nos.killpg(0, 9)"},
        "fit ended the submission's process (killed by SIGKILL).",
    ),
    "sleeps for ever on import": (
        {"files": {"model.py": f"{SLEEP}{model_source()}"}, "limits": NO_TIME},
        "fit took longer than its limit of 1 s.",
    ),
    "sleeps for ever in the constructor": (
        {"constructor": SLEEP, "limits": NO_TIME},
        "fit took longer than its limit of 1 s.",
    ),
    "sleeps for ever in fit": ({"fit": SLEEP, "limits": NO_TIME}, "fit took longer than its limit of 1 s."),
    "sleeps for ever in predict": (
        {"predict": SLEEP, "limits": NO_TIME},
        "predict took longer than its limit of 1 s.",
    ),
    "sleeps for ever when pickled": (
        {
            "files": {
                "model.py": model_source().replace(
                    "def fit", f"def __getstate__(self):\n{' ' * 8}import time\n{' ' * 8}time.sleep(600)\n\n    def fit"
                )
            },
            "limits": NO_TIME,
        },
        "pickling the model took longer than its limit of 10 s.",
    ),
    "stops itself": (
        {"fit": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "limits": NO_TIME},
        "fit took longer than its limit of 1 s.",
    ),
    "becomes another program": (
        {"fit": "import os\nos.execv('/bin/sleep', ['sleep', '600'])", "limits": NO_TIME},
        "fit took longer than its limit of 1 s.",
    ),
    "closes its connection": (
        {"fit": "import os, time\nos.closerange(3, 100)\ntime.sleep(600)"},
        "fit ended the submission's process (it closed its connection).",
    ),
    "forks without end": ({"fit": BOMB}, "fit had more than 200 processes at once."),
    "forks without end in predict": ({"predict": BOMB}, "predict had more than 200 processes at once."),
    "answers with no number": (
        {"answer": "dict(mu_hat=float('nan'), delta_mu_hat=0, p16=0, p84=1)"},
        "predict returned mu_hat = nan; expected a finite number.",
    ),
    "answers with an interval that is upside down": (
        {"answer": "dict(mu_hat=1, delta_mu_hat=0, p16=2, p84=1)"},
        "predict returned p16 = 2.0 above p84 = 1.0; expected p16 <= p84.",
    ),
    "removes the copy of its files": (
        {"fit": "import os, shutil\nshutil.rmtree(os.path.dirname(__file__))"},
        GONE,
    ),
    "removes its working directory": (
        {"fit": "import os, shutil\nshutil.rmtree(os.getcwd())"},
        GONE,
    ),
    "makes a file of its working directory": (
        {"fit": "import os\nos.rename(os.getcwd(), '../old')\nopen('../work', 'w').close()"},
        GONE,
    ),
    "leaves folders two thousand deep": (
        {"fit": "import os\nfor _ in range(2000):\n    os.mkdir('d')\n    os.chdir('d')"},
        "fit made folders more than 100 deep.",
    ),
}


@pytest.mark.parametrize(("methods", "message"), FAILING.values(), ids=FAILING)
def test_a_run_ends_with_one_message_and_nothing_else(run: Runs, methods: dict[str, Any], message: str) -> None:
    assert_contained(run(**methods), message)


HARMLESS: dict[str, dict[str, Any]] = {
    "leaves a thread": {"fit": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()"},
    "leaves a daemon": {"fit": DAEMON},
    "leaves a daemon in predict": {"predict": DAEMON},
    "prints two gigabytes": {"fit": "import os\nfor _ in range(2000):\n    os.write(1, bytes(1_000_000))"},
    "prints control characters": {"fit": r"print('\x1b[2J\x1b]0;hostile\x07\x00\xff')"},
    "closes standard output": {"fit": "import os, sys\nsys.stdout = sys.stderr = None\nos.close(1)\nos.close(2)"},
    "leaves strange names": {
        "fit": r"""
            import os
            for name in (b'-rf', b'\xff\xfe', b'a\nb', b'*', b'x' * 255, b"'; exit 1; '", b'\x1b[2J'):
                os.mkdir(name)
                open(os.path.join(name, name), 'w').close()
            os.mkfifo('fifo')
            os.symlink('/', 'root')
            os.symlink('loop', 'loop')
        """
    },
    "pretends to be the installation": {
        "files": dict.fromkeys(("json.py", "numpy.py", "systematics.py", "os.py"), "raise SystemExit('imported')")
    },
}


@pytest.mark.parametrize("methods", HARMLESS.values(), ids=HARMLESS)
def test_a_run_goes_on_undisturbed(run: Runs, methods: dict[str, Any]) -> None:
    assert_harmless(run(**methods))


def test_a_run_on_a_store_goes_on_undisturbed(higgs_run: Runs) -> None:
    assert_harmless(higgs_run(**HARMLESS["pretends to be the installation"]))


def test_a_full_log_is_cut(run: Runs) -> None:
    ended = run(fit="import os\nfor _ in range(100):\n    os.write(1, b'x' * 1_000_000)")
    assert_harmless(ended)
    assert ended.printed.endswith("[the log is full; what follows is not kept]\n")
    assert len(ended.printed) < 10_100_000


def test_modules_that_hide_python_s_are_told_and_not_imported(run: Runs) -> None:
    ended = run(files={"json.py": "raise SystemExit('imported')", "numpy.py": "raise SystemExit('imported')"})
    assert_harmless(ended)
    for name in ("json", "numpy"):
        assert f"Warning: {name}.py is hidden by the module {name} that Python has loaded: rename it." in ended.printed


@pytest.mark.parametrize(
    ("name", "told"),
    [
        *((name, name) for name in ("result_0.json", "journal.jsonl", "ingestion_summary.json", "parts/result_0.json")),
        ("unfinished/model.py", "unfinished"),
    ],
)
def test_a_file_named_like_ours_is_refused(run: Runs, name: str, told: str) -> None:
    ended = run(files={name: "{}"})
    assert_contained(ended, f"The submission contains {told}, a name reserved for results; rename it.")
    assert ended.files == {"ingestion_failure.txt"}


def test_a_fifo_in_the_submission_is_refused(run: Runs, tmp_path: Path) -> None:
    folder = write_submission(tmp_path / "submission")
    os.mkfifo(folder / "pipe")
    assert_contained(run.run(folder), "The submission contains pipe, neither a file nor a folder; remove it.")


def test_a_link_in_the_submission_leads_nowhere(higgs_run: Runs, tmp_path: Path, small_store: Path) -> None:
    fit = "import os\nprint(open(os.path.join(os.path.dirname(__file__), 'truth', 'part.json')).read())"
    folder = write_submission(tmp_path / "submission", fit=fit)
    os.symlink(small_store / "hidden", folder / "truth")
    assert_contained(higgs_run.run(folder), "fit failed: PermissionError: [Errno 13] Permission denied: ")


def test_secrets_in_our_environment_are_not_passed_on(run: Runs, tmp_path: Path) -> None:
    folder = write_submission(tmp_path / "submission", fit="import os\nprint(sorted(os.environ))")
    ended = run.run(folder, HOSTILE_TOKEN="secret", TORCH_SEEN="1")
    assert_harmless(ended)
    assert "TORCH_SEEN" in ended.printed
    assert "HOSTILE_TOKEN" not in ended.printed


def test_a_submission_of_deep_folders_is_reported_or_taken(run: Runs, tmp_path: Path) -> None:
    folder = write_submission(tmp_path / "submission")
    here = os.getcwd()
    try:
        for _ in range(1500):
            os.chdir(folder if os.getcwd() == here else ".")
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    ended = run.run(folder)
    assert ended.code in (0, 2), ended.text
    assert "Traceback" not in ended.text


def test_words_of_a_submission_command_no_terminal(run: Runs) -> None:
    ended = run(fit=r"raise ValueError('\x1b[2J\x07 [red]no[/nothing]')")
    assert_contained(ended, "[red]no[/nothing]")
    assert "\x1b" not in ended.text
    assert "\x07" not in ended.text


def test_words_of_a_submission_in_a_warning_are_no_markup(run: Runs) -> None:
    reduce = "def __reduce__(self):\n        raise ValueError('[/nothing] [red]')\n\n    def fit"
    ended = run(files={"model.py": model_source().replace("def fit", reduce)})
    assert_harmless(ended)
    assert "[/nothing] [red]" in ended.text
