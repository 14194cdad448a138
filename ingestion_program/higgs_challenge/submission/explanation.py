"""What a submission's process says about a failure, in the participant's terms, with a hint where one is known."""

import errno
import importlib
import os
import re
import resource
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas

import higgs_challenge
from higgs_challenge.errors import Cause, SubmissionError
from higgs_challenge.submission.image_extra import extra_note
from higgs_challenge.submission.source_text import find_undecodable
from higgs_challenge.task import Task

MAX_SENTENCE_LENGTH, MAX_TEXT_LENGTH = 2_000, 20_000
NOT_THEIRS = (
    *(str(Path(str(one.__file__)).parent) for one in (higgs_challenge, importlib, pandas)),
    "<frozen ",
    "pandas/",
)
"""Prefixes of files whose frames are of no use to a participant."""

CLOSED = (
    " (a submission can read its own folder, the training data and the Python installation, and write its own folder, "
    "its working directory, its home and temporary files by tempfile; all else is closed: other files, shared memory, "
    "the network)"
)
PROGRAM = (
    " (a program that a submission starts has no network either: packages must be in the competition's image or in the "
    "zip, other files in the zip)"
)
PICKLED_BY_A_SCRIPT = (
    " (the file was pickled by a script that defined this class itself: put the class into a module beside model.py, "
    "import it from there in that script, and pickle again)"
)
FROM_MAIN = re.compile(r"Can't get attribute '\w+' on __main__|module '__main__' has no attribute '\w+'")
"""How unpickling fails for a class of the script that pickled it, in new and old protocols."""


def explain(error: BaseException, submission: str, task: Task) -> dict[str, Any]:
    """Describe a failure in the participant's terms, with the frames of the participant's own code only.

    Args:
        error: what a call raised.
        submission: the folder of model.py.
        task: whose hint may be added.

    Returns:
        The reply: a sentence (problem), the traceback where the participant's code is part of it, the cause where
        it is a known one, and the module that could not be found (missing_module).
    """
    hint, cause = _hint(error, submission)
    facts = {
        "cause": cause,
        "missing_module": str(error.name or "") if isinstance(error, ModuleNotFoundError) else "",
    }
    ours = isinstance(error, SubmissionError)
    problem = str(error) if ours else f"{type(error).__name__}: {_words(error)}"[:MAX_SENTENCE_LENGTH].rstrip(": ")
    problem += hint or task.hint(error)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(NOT_THEIRS)]
    if not frames:
        return {"problem": problem, **facts}
    lines = [*traceback.format_list(frames), *traceback.format_exception_only(error)]
    text = "".join(lines).replace(repr(sys.modules["__main__"]), "__main__")[-MAX_TEXT_LENGTH:]
    return {"problem": problem, "traceback": text.replace(f'File "{submission}{os.sep}', 'File "'), **facts}


def _is_refusal(error: BaseException) -> bool:
    refused = isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM)
    return refused or isinstance(error, socket.gaierror)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those behind it: causes, contexts, and what it holds, as those of requests do."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
            waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def _hint(error: BaseException, submission: str) -> tuple[str, Cause | None]:
    """Return what to add to an error's own message, and its cause."""
    if isinstance(error, SubmissionError):
        return "", error.cause
    if isinstance(error, ModuleNotFoundError):
        note = extra_note(error.name or "")
        return f" ({note})" if note else "", Cause.IMPORT
    if isinstance(error, MemoryError):
        limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
        return f" (a process may have {limit / 1e9:g} GB)", Cause.MEMORY
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
        return f" (a file may have {limit / 1e9:g} GB)", None
    if isinstance(error, FileNotFoundError) and error.filename and Path(submission, str(error.filename)).exists():
        return (
            " (it lies beside model.py, not in the working directory: use os.path.dirname(__file__))",
            Cause.WRONG_PATH,
        )
    if any(map(_is_refusal, _behind(error))):
        return CLOSED, Cause.SANDBOX
    if any(isinstance(one, subprocess.CalledProcessError) for one in _behind(error)):
        return PROGRAM, None
    if any(isinstance(one, AttributeError) and FROM_MAIN.search(_words(one)) for one in _behind(error)):
        return PICKLED_BY_A_SCRIPT, None
    if _is_about_encoding(error) and (files := find_undecodable(Path(submission))):
        return f" (save {', '.join(files)} in UTF-8)", None
    if isinstance(error, RuntimeError) and "shared memory" in _words(error):  # torch's; its data loaders pass data so
        return f"{CLOSED}; a DataLoader needs num_workers=0", Cause.SANDBOX
    return "", None


def _is_about_encoding(error: BaseException) -> bool:
    """Return whether an error may be that of importing a file in another encoding than Python expects."""
    kinds = isinstance(error, SyntaxError) or type(error) is ValueError
    return kinds and re.search("null byte|utf-8|encoding", _words(error), re.IGNORECASE) is not None


def _words(error: BaseException) -> str:
    try:
        return str(error).replace(repr(sys.modules["__main__"]), "__main__")  # ours, which nobody knows
    except Exception:  # a participant's exception may fail to describe itself
        return "(no readable message)"
