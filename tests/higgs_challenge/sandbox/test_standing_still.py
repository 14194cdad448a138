"""Between calls a submission stands still: whatever counts in it does not advance while nobody asks."""

import time
from pathlib import Path

import pytest

from higgs_challenge.tasks.higgs.events.transform import Floats
from tests.helpers.tiny_submissions import LIMIT, ask, running, write_submission

COUNT = """\
import ctypes, os, signal, threading, time

def count():
    number, file = 0, os.open("count", os.O_WRONLY | os.O_CREAT)
    while True:
        number += 1
        os.pwrite(file, b"%09d" % number, 0)
        time.sleep(0.005)

"""
TIMER = """\
class Event(ctypes.Structure):
    _fields_ = [("value", ctypes.c_void_p), ("signal", ctypes.c_int), ("kind", ctypes.c_int), ("", ctypes.c_int * 12)]

signal.signal(signal.SIGCONT, lambda number, frame: None)  # for an ignored signal, a timer goes off once only
library, timer = ctypes.CDLL(None), ctypes.c_void_p()
library.timer_create(1, ctypes.byref(Event(None, signal.SIGCONT, 0)), ctypes.byref(timer))
library.timer_settime(timer, 0, (ctypes.c_long * 4)(0, 20_000_000, 0, 20_000_000), None)
"""
WORKERS = {
    "a thread": "threading.Thread(target=count, daemon=True).start()",
    "a process": "os.fork() or count()",
    "a daemon": "if os.fork() == 0:\n    os.setsid()\n    os.fork() or count()\n    os._exit(0)",
    "a process in a group of its own": "if os.fork() == 0:\n    os.setpgid(0, 0)\n    count()",
    "a thread that the kernel wakes": f"threading.Thread(target=count, daemon=True).start()\n{TIMER}",
    "a thread that another process wakes": (
        "threading.Thread(target=count, daemon=True).start()\nfather = os.getpid()\n"
        "if os.fork() == 0:\n    while True:\n        os.kill(father, signal.SIGCONT)"
    ),
    "a thread whose process hears of no stop": (
        "for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCONT):\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "threading.Thread(target=count, daemon=True).start()"
    ),
}


@pytest.mark.parametrize("worker", WORKERS.values(), ids=WORKERS)
def test_no_work_is_done_between_calls_by(tmp_path: Path, training: Path, features: Floats, worker: str) -> None:
    folder = write_submission(
        tmp_path / "submission", fit=f"{COUNT}{worker}\ntime.sleep(0.3)", predict="import time\ntime.sleep(0.3)"
    )

    def read() -> int:
        return int((tmp_path / "scratch" / "work" / "count").read_text() or 0)

    with running(folder, training) as process:
        process.fit(LIMIT)
        time.sleep(0.1)
        fitted = read()
        time.sleep(0.5)
        assert read() == fitted > 0
        ask(process, features, LIMIT)
        time.sleep(0.1)
        asked = read()
        assert asked > fitted  # it is awake while it is asked
        time.sleep(0.5)
        assert read() == asked
