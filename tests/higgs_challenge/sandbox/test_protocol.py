"""What a submission can say to our side, and when: forged, early, doubled, endless and unreadable answers."""

import os
import pickle
import time
from pathlib import Path

import pytest

from higgs_challenge import SubmissionError
from higgs_challenge.submission.process import ProcessDiedError
from higgs_challenge.tasks.higgs.events.transform import Floats
from tests.helpers.runs import LEFT_BY_A_FAILED_RUN, LEFT_BY_A_RUN, Runs, assert_harmless, assert_nothing_runs
from tests.helpers.tiny_submissions import ANSWER, LIMIT, ask, model_source, running, write_submission

INSIDE = """\
import json, os, socket, sys, time
frame = sys._getframe()
while "channel" not in frame.f_locals or "request" not in frame.f_locals:
    frame = frame.f_back
channel, request, calls = (frame.f_locals[name] for name in ("channel", "request", "calls"))
line = channel._socket
"""
"""Finds the connection, and the question with its number, in the frames of the process."""

FOREIGN = "got a reply to another request."

LIES = {
    "a message that is no message": (
        r"line.sendall(b'{]\n'); time.sleep(0.3); os._exit(9)",
        "fit ended the submission's process",
    ),
    "a message that is a list": (
        r"line.sendall(b'[]\n'); time.sleep(0.3); os._exit(9)",
        "fit ended the submission's process",
    ),
    "brackets without end": (
        r"line.sendall(b'[' * 900_000 + b'\n'); time.sleep(0.3); os._exit(9)",
        "fit ended the submission's",
    ),
    "a line without end": (
        "line.settimeout(0.5); while True:\n    line.sendall(bytes(60_000))",
        "fit ended the submission's process",
    ),
    "a line that never ends": (
        "while True:\n    line.sendall(b' ')\n    time.sleep(0.05)",
        "fit took longer than its limit of 2 s.",
    ),
    "files without end": (
        "while True:\n    socket.send_fds(line, [b' '], [0] * 200)",
        "fit failed: PermissionError: [Errno 1] Operation not permitted",
    ),
    "an answer to nothing": (r"line.sendall(b'{}\n')", f"fit {FOREIGN}"),
    "an answer to another question": (r"channel.send({'answers': '0' * 16})", f"fit {FOREIGN}"),
    "a problem that is no sentence": (
        "channel.send({'answers': request['number'], 'problem': [1, {}], 'traceback': 5})",
        "fit failed: [1, {}]",
    ),
}


@pytest.mark.parametrize(("lie", "message"), LIES.values(), ids=LIES)
def test_our_side_takes_no(tmp_path: Path, training: Path, lie: str, message: str) -> None:
    folder = write_submission(tmp_path / "submission", fit=f"{INSIDE}{lie.replace('; ', chr(10))}")
    before = set(os.listdir("/proc/self/fd"))
    with running(folder, training) as process, pytest.raises(SubmissionError) as caught:
        process.fit(2.0)
    assert str(caught.value).startswith(message)
    assert set(os.listdir("/proc/self/fd")) <= before


EARLY = {
    "in advance": "channel.send({'answers': '0' * 16, 'answer': {}})",
    "twice": f"channel.send({{'answers': request['number'], 'answer': {ANSWER}}})",
}


@pytest.mark.parametrize("early", EARLY.values(), ids=EARLY)
def test_an_answer_may_not_be_given(tmp_path: Path, training: Path, features: Floats, early: str) -> None:
    folder = write_submission(tmp_path / "submission", predict=f"{INSIDE}{early}")
    with running(folder, training) as process:
        process.fit(LIMIT)
        with pytest.raises(SubmissionError, match=FOREIGN):  # noqa: PT012
            for _ in range(2):
                ask(process, features, LIMIT)


def test_an_answer_from_a_thread_does_not_let_predict_go_on(tmp_path: Path, training: Path, features: Floats) -> None:
    """It stands still from the answer on, and what it says later answers nothing."""
    predict = f"{INSIDE}channel.send({{'answers': request['number'], 'answer': {ANSWER}}})\ntime.sleep(0.3)"
    folder = write_submission(tmp_path / "submission", predict=predict)
    with running(folder, training) as process:
        process.fit(LIMIT)
        ask(process, features, LIMIT)
        with pytest.raises(SubmissionError, match=FOREIGN):
            ask(process, features, LIMIT)


LIAR = """\
class Liar(float):
    def __float__(self):
        return 1 / 0

    def __bool__(self):
        return True

    def __reduce__(self):
        return exec, ("1 / 0",)


"""


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("{**%s, 'p84': 10 ** 400}", "predict failed: OverflowError"),
        ("{**%s, 'p84': Liar()}", "predict failed: ZeroDivisionError"),
        ("{**%s, 'p84': 'x' * 10_000_000}", "predict returned p84 = a str; expected a number."),
        ("{**%s, **{str(i): [0] * 100 for i in range(10_000)}, 'p84': None}", "predict returned p84 = a NoneType"),
        ("type('%.0s\\n\\x1b[2J', (), {})()", "predict must return a dict"),
        ("Liar() or %s", "predict must return a dict with mu_hat, delta_mu_hat, p16, p84; it returned a Liar."),
    ],
    ids=["number", "evil number", "text", "object", "name with control characters", "class that runs code"],
)
def test_no_answer_is_too_strange(tmp_path: Path, training: Path, features: Floats, answer: str, message: str) -> None:
    folder = write_submission(tmp_path / "submission", {"model.py": LIAR + model_source(answer=answer % ANSWER)})
    with running(folder, training) as process:
        process.fit(LIMIT)
        with pytest.raises(SubmissionError) as caught:
            ask(process, features, LIMIT)
    assert str(caught.value).startswith(message)


def test_a_forged_clock_changes_nothing(tmp_path: Path, training: Path, features: Floats) -> None:
    forged = "import time\ntime.sleep(0.4)\ntime.monotonic = time.perf_counter = time.time = lambda: 0.0"
    folder = write_submission(tmp_path / "submission", fit=forged, predict=forged)
    with running(folder, training) as process:
        assert process.fit(LIMIT) >= 0.4
        assert ask(process, features, LIMIT)[1] >= 0.4


EVIL_MODEL = """
class Evil:
    def __reduce__(self):
        return exec, ({code!r},)


class Model:
    def __init__(self, get_train_set=None, systematics=None):
        pass

    def fit(self):
        self.evil = Evil()

    def predict(self, test_set):
        return {answer}
"""


def test_a_model_that_runs_code_where_it_is_unpickled_never_is_on_our_side(run: Runs, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    code = f"try:\n    open({str(planted)!r}, 'w').close()\nexcept OSError as error:\n    print('unpickled:', error)"
    ended = run("--workers", 2, files={"model.py": EVIL_MODEL.format(code=code, answer=ANSWER)})
    assert_harmless(ended)
    assert ended.printed.count("unpickled: [Errno 13] Permission denied") >= 2
    assert not planted.exists()
    pickle.loads(b"cbuiltins\nexec\n(V" + code.replace("\n", "\\u000a").encode() + b"\ntR.")
    assert planted.exists()


HANDLES = {
    "a device without end": "os.open('/dev/zero', os.O_RDONLY)",
    "a pipe": "os.pipe()[0]",
    "a folder": "os.open('.', os.O_RDONLY)",
    "a file that cannot be read": "os.open('x', os.O_WRONLY | os.O_CREAT)",
    "a socket": "socket.socketpair()[0].detach()",
    "a FIFO": "os.mkfifo('fifo') or os.open('fifo', os.O_RDWR)",
}


GIVE = """\
def give(request, file):
    message = json.dumps({{"answers": request["number"]}}).encode()
    socket.send_fds(line, [message + b"\\n"], [{handle}])
    time.sleep(60)

calls["dump"] = give
"""


@pytest.mark.parametrize("handle", HANDLES.values(), ids=HANDLES)
def test_a_fitted_model_may_not_be(run: Runs, handle: str) -> None:
    """Whether it is refused or only not kept, our side neither stumbles nor copies without end."""
    names = "global json, socket, time, os, line\n"
    ended = run(fit=f"{names}{INSIDE}{GIVE.format(handle=handle)}", limits="disk_gigabytes: 0.5, fit_seconds: 20")
    assert ended.code in (0, 2), ended.text
    assert "Traceback" not in ended.text
    assert ended.files <= LEFT_BY_A_RUN | LEFT_BY_A_FAILED_RUN
    assert_nothing_runs(ended)


def test_a_question_that_nobody_answers_ends(tmp_path: Path, training: Path) -> None:
    """The process goes while a program that it has started holds the connection."""
    fit = "import os, subprocess\nsubprocess.Popen(['sleep', '600'], close_fds=False)\nos._exit(3)"
    folder = write_submission(tmp_path / "submission", fit=fit)
    started = time.monotonic()
    with running(folder, training) as process, pytest.raises(SubmissionError) as caught:
        process.fit(2.0)
    assert not isinstance(caught.value, ProcessDiedError)
    assert str(caught.value) == "fit took longer than its limit of 2 s."
    assert time.monotonic() - started < 20.0
