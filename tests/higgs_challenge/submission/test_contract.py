"""What a submission must offer, and what its author is told where it does not."""

import pickle
import re
from pathlib import Path

import pytest

from higgs_challenge import SubmissionError
from higgs_challenge.errors import Cause
from higgs_challenge.submission.answer import (
    MAX_HIDDEN_MODULES,
    MAX_LOADED_FILES,
    MAX_NAME_LENGTH,
    MAX_ROWS,
    check_hidden_modules,
    check_loaded_files,
    check_rows,
)
from higgs_challenge.submission.process import FailedCallError, SubmissionProcess
from higgs_challenge.tasks.higgs.events.transform import Floats
from tests.helpers.tiny_submissions import LIMIT, ask, running, write_submission

NO_CLASS = "model.py must define a class Model(get_train_set=None, systematics=None)."


def fit_and_predict(
    process: SubmissionProcess, features: Floats, fit_limit: float = LIMIT, predict_limit: float = LIMIT
) -> None:
    process.fit(fit_limit)
    ask(process, features, predict_limit)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (None, "The submission has no model.py in its top folder."),
        ("x = 1\n", NO_CLASS),
        ("def Model(): pass\n", NO_CLASS),
        (
            "class Model:\n    def fit(self): pass\n",
            "class Model must have the methods fit and predict; it lacks predict.",
        ),
        (
            "class Model:\n    fit = 3\n",
            "class Model must have the methods fit and predict; it lacks fit and predict.",
        ),
    ],
    ids=["no model.py", "no class Model", "Model is no class", "no predict", "neither method"],
)
def test_a_submission_without_its_parts_is_refused(
    tmp_path: Path, training: Path, model: str | None, sentence: str
) -> None:
    folder = write_submission(tmp_path / "submission", {"model.py": model or ""})
    if model is None:
        (folder / "model.py").unlink()
    with running(folder, training) as process, pytest.raises(SubmissionError) as caught:
        process.fit(LIMIT)
    assert str(caught.value) == f"fit failed: {sentence}"


@pytest.mark.parametrize(
    ("methods", "call", "problem", "line"),
    [
        ({"constructor": "raise ValueError('no luck')"}, "fit", "ValueError: no luck", "raise ValueError('no luck')"),
        ({"fit": "{}['key']"}, "fit", "KeyError: 'key'", "{}['key']"),
        ({"fit": "import sys\nsys.exit(3)"}, "fit", "SystemExit: 3", "sys.exit(3)"),
        ({"predict": "test_set['nothing']"}, "predict", "KeyError: 'nothing'", "test_set['nothing']"),
    ],
    ids=["constructor", "fit", "exit", "predict"],
)
def test_a_failure_comes_with_the_participants_own_traceback(
    tmp_path: Path, training: Path, features: Floats, methods: dict[str, str], call: str, problem: str, line: str
) -> None:
    folder = write_submission(tmp_path / "submission", **methods)
    with running(folder, training) as process, pytest.raises(SubmissionError) as caught:
        fit_and_predict(process, features)
    first, _, trace = str(caught.value).partition("\n")
    assert first == f"{call} failed: {problem}"
    assert 'File "model.py", line ' in trace
    assert f"    {line}\n" in trace
    assert trace.endswith(f"\n{problem}\n")
    assert "higgs_challenge" not in trace


@pytest.mark.parametrize(
    ("fit", "cause", "missing"),
    [
        ("raise ValueError('x')", None, ""),
        ("import no_such_package.part", Cause.IMPORT, "no_such_package"),
        ("raise ModuleNotFoundError('x', name='m' * 1000)", Cause.IMPORT, "m" * MAX_NAME_LENGTH),
        ("raise MemoryError", Cause.MEMORY, ""),
        ("open('model.py')", Cause.WRONG_PATH, ""),
        ("open('/etc/shadow')", Cause.SANDBOX, ""),
    ],
    ids=["own", "missing module", "long name", "memory", "wrong path", "sandbox"],
)
def test_a_failure_has_its_cause_and_the_hidden_modules_as_data(
    tmp_path: Path, training: Path, fit: str, cause: Cause | None, missing: str
) -> None:
    folder = write_submission(tmp_path / "submission", fit=fit)
    (folder / "random.py").write_text("")
    with running(folder, training) as process, pytest.raises(FailedCallError) as caught:
        process.fit(LIMIT)
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):  # as a Dask worker passes it on
        assert (error.cause, error.missing_module) == (cause, missing)
        assert error.hidden_modules == (("random.py", "random"),)


def test_hidden_modules_of_a_submission_that_fits_are_data(tmp_path: Path, training: Path) -> None:
    folder = write_submission(tmp_path / "submission")
    (folder / "random.py").write_text("")
    with running(folder, training) as process:
        process.fit(LIMIT)
        assert process.hidden_modules == (("random.py", "random"),)


@pytest.mark.parametrize("said", [None, "ab", {"a": "b"}, [1, "ab", ["a"], ["a", "b", "c"]]])
def test_hidden_modules_of_another_shape_are_left_out(said: object) -> None:
    assert check_hidden_modules(said) == ()


def test_names_from_a_submission_are_bounded_and_printable() -> None:
    names = check_hidden_modules([["\x1b[2J", 3]] + [["a" * 1000, "b"]] * 1000)
    assert len(names) == MAX_HIDDEN_MODULES
    assert names[0] == ("\N{REPLACEMENT CHARACTER}[2J", "")
    assert names[1] == ("a" * MAX_NAME_LENGTH, "b")


CONSTRUCTOR = "class Model must be Model(get_train_set=None, systematics=None): "
BESIDE = "it lies beside model.py, not in the working directory: use os.path.dirname(__file__)"
PROGRAM = "packages must be in the competition's image or in the zip, other files in the zip"
FROM_MAIN = "put the class into a module beside model.py, import it from there in that script, and pickle again"
CLOSED = "all else is closed: other files, shared memory, the network"


def test_a_constructor_of_other_arguments_is_reported(tmp_path: Path, training: Path) -> None:
    model = "class Model:\n    def __init__(self, data):\n        pass\n    fit = predict = print\n"
    folder = write_submission(tmp_path / "submission", {"model.py": model})
    with running(folder, training) as process, pytest.raises(SubmissionError, match=re.escape(CONSTRUCTOR)):
        process.fit(LIMIT)


@pytest.mark.parametrize(
    ("fit", "hint"),
    [
        ("open('weights.txt')", BESIDE),
        ("open('/tmp/cache', 'w')", CLOSED),
        ("import urllib.request\nurllib.request.urlopen('http://nobody.invalid')", CLOSED),
        ("import requests\nrequests.get('http://nobody.invalid')", CLOSED),
        ("import requests\nrequests.get('http://127.0.0.1:1')", CLOSED),
        (
            "import requests\ntry:\n    requests.get('http://nobody.invalid')\n"
            "except OSError as error:\n    raise ValueError('no weights') from KeyError(error)",
            CLOSED,
        ),
        ("import pooch\npooch.retrieve('http://nobody.invalid/weights', None)", CLOSED),
        (
            "import urllib.request\ntry:\n    urllib.request.urlopen('http://nobody.invalid/api')\n"
            "except Exception as error:\n    raise Exception(f'API request failed: {error}') from None",
            CLOSED,
        ),
        (
            "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 1))\n"
            "except OSError as error:\n    raise ExceptionGroup('all tasks', [ValueError(error)]) from None",
            CLOSED,
        ),
        (
            "import subprocess, sys\n"
            "pip = [sys.executable, '-m', 'pip', 'install', '--retries=0', '--index-url=http://127.0.0.1:1']\n"
            "subprocess.run([*pip, 'absent'], check=True)",
            PROGRAM,
        ),
        ("import pickle\npickle.loads(b'\\x80\\x04c__main__\\nNet\\n.')", FROM_MAIN),
        ("import pickle\npickle.loads(b'\\x80\\x02c__main__\\nNet\\n.')", FROM_MAIN),
        ("import latin", "save latin.py, sixteen.py in UTF-8"),
        ("import sixteen", "save latin.py, sixteen.py in UTF-8"),
        ("open('not there')", ""),
    ],
    ids=[
        *("beside model.py", "temporary folder", "network", "requests", "this machine", "wrapped", "pooch"),
        *(
            "without its cause",
            "group",
            "pip",
            "pickled by a script",
            "in an old protocol",
            "Latin-1",
            "UTF-16",
            "nowhere",
        ),
    ],
)
def test_a_common_mistake_gets_a_hint(tmp_path: Path, training: Path, fit: str, hint: str) -> None:
    folder = write_submission(tmp_path / "submission", {"weights.txt": "1"}, fit=fit)
    if "import latin" in fit or "import sixteen" in fit:
        (folder / "latin.py").write_bytes("name = 'Poincaré'".encode("latin-1"))
        (folder / "sixteen.py").write_bytes("name = 'Poincaré'".encode("utf-16"))
    with running(folder, training) as process, pytest.raises(SubmissionError) as caught:
        process.fit(LIMIT)
    first = str(caught.value).partition("\n")[0]
    assert first.endswith(f"{hint})") if hint else first.endswith("'not there'")


def test_a_failing_import_is_reported_with_its_line(tmp_path: Path, training: Path) -> None:
    folder = write_submission(tmp_path / "submission", {"model.py": "import math\nimport not_there_at_all\n"})
    with running(folder, training) as process, pytest.raises(SubmissionError) as caught:
        process.fit(LIMIT)
    assert str(caught.value).startswith("fit failed: ModuleNotFoundError: No module named 'not_there_at_all'\n")
    assert 'File "model.py", line 2' in str(caught.value)


def test_a_package_that_the_image_may_have_comes_with_the_name_of_its_extra(tmp_path: Path, training: Path) -> None:
    folder = write_submission(tmp_path / "submission", fit="import nflows.flows")
    with running(folder, training) as process, pytest.raises(SubmissionError, match="with the extra deep-learning"):
        process.fit(LIMIT)


def test_a_wrong_call_of_ours_says_what_is_wrong_with_it(tmp_path: Path, training: Path) -> None:
    folder = write_submission(tmp_path / "submission", constructor="get_train_set(selected_indices=[-1])")
    with running(folder, training) as process, pytest.raises(SubmissionError, match="must lie between 0 and 10749"):
        process.fit(LIMIT)


def test_how_a_submission_died_is_reported(tmp_path: Path, training: Path) -> None:
    folder = write_submission(tmp_path / "submission", fit="import os\nos._exit(7)")
    with running(folder, training) as process, pytest.raises(SubmissionError) as caught:
        process.fit(LIMIT)
    assert str(caught.value) == "fit ended the submission's process (exit code 7)."


def test_what_killed_a_submission_is_reported(tmp_path: Path, training: Path, features: Floats) -> None:
    folder = write_submission(
        tmp_path / "submission", predict="import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    with running(folder, training) as process:
        process.fit(LIMIT)
        with pytest.raises(SubmissionError) as caught:
            ask(process, features, LIMIT)
    assert str(caught.value) == "predict ended the submission's process (killed by SIGKILL)."


@pytest.mark.parametrize("call", ["fit", "predict"])
def test_a_call_that_takes_too_long_is_ended(tmp_path: Path, training: Path, features: Floats, call: str) -> None:
    folder = write_submission(tmp_path / "submission", **{call: "import time\ntime.sleep(600)"})
    with running(folder, training) as process, pytest.raises(SubmissionError) as caught:
        fit_and_predict(process, features, fit_limit=0.5 if call == "fit" else LIMIT, predict_limit=0.5)
    assert str(caught.value) == f"{call} took longer than its limit of 0.5 s."


def test_the_clock_brackets_the_call(tmp_path: Path, training: Path, features: Floats) -> None:
    """Nor does it matter what the submission does to its own clock."""
    asleep = "import time\ntime.sleep(0.4)\ntime.monotonic = time.perf_counter = time.time = lambda: 0.0"
    folder = write_submission(tmp_path / "submission", fit=asleep, predict=asleep)
    with running(folder, training) as process:
        assert 0.4 <= process.fit(LIMIT) < 5.0  # without the seconds that Python takes to start
        assert 0.4 <= ask(process, features, LIMIT)[1] < 5.0


def test_an_exception_that_cannot_describe_itself_is_reported(tmp_path: Path, training: Path) -> None:
    fit = """
        class Silent(Exception):
            def __str__(self):
                raise ValueError
        raise Silent
    """
    folder = write_submission(tmp_path / "submission", fit=fit)
    with running(folder, training) as process, pytest.raises(SubmissionError, match="no readable message"):
        process.fit(LIMIT)


def test_the_files_that_were_imported_are_known(tmp_path: Path, training: Path) -> None:
    files = {"used.py": "", "late.py": "", "unused.py": "", "parts/__init__.py": "", "parts/inner.py": ""}
    fit = "import sys, used, parts.inner\nsys.modules['odd'] = 3"
    folder = write_submission(tmp_path / "submission", files, fit=fit)
    with running(folder, training) as process:
        process.fit(LIMIT)
        assert process.loaded_files() == ("model.py", "parts/__init__.py", "parts/inner.py", "used.py")


@pytest.mark.parametrize("said", [None, 3, "model.py", {"model.py": 1}, [None, 3, ["model.py"]]])
def test_imported_files_of_another_shape_are_left_out(said: object) -> None:
    assert check_loaded_files(said) == ()


def test_imported_files_are_bounded_and_printable() -> None:
    names = check_loaded_files(["\x1b[2J" + "a" * 1000] * (MAX_LOADED_FILES + 1))
    assert len(names) == MAX_LOADED_FILES
    assert names[0] == "\N{REPLACEMENT CHARACTER}[2J" + "a" * (MAX_NAME_LENGTH - 4)


@pytest.mark.parametrize("said", [None, True, -1, 3.0, "3", MAX_ROWS + 1])
def test_a_number_of_rows_of_another_kind_counts_as_none(said: object) -> None:
    assert check_rows(said) == 0
