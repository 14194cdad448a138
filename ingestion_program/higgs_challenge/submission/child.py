"""Code that runs in a submission's process: it answers the trusted side's calls and knows nothing else."""

import importlib
import inspect
import mmap
import numbers
import os
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

from higgs_challenge.errors import Cause, SubmissionError
from higgs_challenge.frames import as_test_set
from higgs_challenge.submission.answer import KEYS
from higgs_challenge.submission.channel import Channel, ChannelClosedError
from higgs_challenge.submission.explanation import explain
from higgs_challenge.task import Task, TrainingSet

METHODS = ("fit", "predict")
MAX_KEPT_BYTES = 31 * 2**20
"""Just below the highest threshold that glibc's malloc can reach, 32 MB."""


class Child:
    """The submission's model and the calls on it; each takes a request and its file, and returns a reply.

    Args:
        submission: the folder of model.py, already on sys.path, see submission_path.
        training: the folder of the task's training events; None where it has none.
        task: the task.
        model_type: passed to the model's constructor; None for no such argument.
    """

    def __init__(self, submission: str, training: str | None, task: Task, model_type: str | None) -> None:
        self._submission, self.task = submission, task
        self._training = None if training is None else Path(training)
        self._options = {} if model_type is None else {"model_type": model_type}
        self._model: Any = None
        self._train_set: TrainingSet | None = None
        self.hidden_modules: list[tuple[str, str]] = []

    @property
    def rows_asked(self) -> int:
        """The rows that the submission's requests for training events needed so far; 0 before there was any."""
        return 0 if self._train_set is None else self._train_set.rows_asked

    def ready(self, request: dict[str, Any], file: int | None) -> dict[str, Any]:
        """Report that our own imports are done."""
        return {}

    def fit(self, request: dict[str, Any], file: int | None) -> dict[str, Any]:
        """Make the model and fit it."""
        self.hidden_modules = find_hidden_modules(self._submission)
        for name, module in self.hidden_modules:
            print(f"Warning: {name} is hidden by the module {module} that Python has loaded: rename it.")
        self._train_set = self.task.get_train_set(self._training)
        self._model = construct(
            load_class(),
            get_train_set=self._train_set,
            systematics=self.task.systematics,
            **self._options,
        )
        self._model.fit()
        return {"hidden_modules": self.hidden_modules}

    def loaded(self, request: dict[str, Any], file: int | None) -> dict[str, Any]:
        """Report which of the submission's files were imported in this process."""
        return {"files": find_loaded_files(self._submission)}

    def dump(self, request: dict[str, Any], file: int | None) -> dict[str, Any]:
        """Write the fitted model to the file, for other processes like this one."""
        assert file is not None
        with open(file, "wb") as model:
            model.write(dump_model(self._model))
        return {}

    def load(self, request: dict[str, Any], file: int | None) -> dict[str, Any]:
        """Load a fitted model."""
        load_class()  # objects pickled by reference need the submission's modules
        assert file is not None
        with mmap.mmap(file, 0, access=mmap.ACCESS_READ) as model:  # others read the same file at the same time
            self._model = cloudpickle.loads(model)
        os.close(file)
        return {}

    def predict(self, request: dict[str, Any], file: int | None) -> dict[str, Any]:
        """Call the model's predict; the events are a private, writable copy-on-write view of the file."""
        assert file is not None
        events, columns = int(request["events"]), self.task.features
        memory = mmap.mmap(file, 0, access=mmap.ACCESS_COPY)
        os.close(file)
        values = np.frombuffer(memory, dtype=np.float32, count=len(columns) * events)
        test_set = as_test_set(values.reshape(len(columns), events), columns)
        return {"answer": describe(self._model.predict(test_set))}


def keep_freed_memory() -> None:
    """Have malloc keep arrays of up to 32 MB when they are freed, for the next ones.

    glibc returns freed memory to the system above a threshold, which it raises to the largest block freed so far. A
    process that never freed a large block gets every array of a megabyte as new pages, and spends most of its time on
    that.
    """
    np.empty(MAX_KEPT_BYTES, dtype=np.uint8)  # freed at once


def submission_path(submission: str, task: Task, path: Sequence[str]) -> list[str]:
    """List where a submission's imports are searched, as the official program does.

    Its own folder comes first; its sub-folders, and the modules that the task offers, come after everything installed.

    Args:
        submission: the folder of model.py.
        task: whose modules are offered.
        path: sys.path so far.
    """
    hidden = (".", "__pycache__")
    inside = sorted(entry for entry in Path(submission).rglob("*") if entry.is_dir())
    shown = [
        entry for entry in inside if not any(part.startswith(hidden) for part in entry.relative_to(submission).parts)
    ]
    offered = [] if task.modules is None else [task.modules]
    return [submission, *path, *map(str, [*shown, *offered])]


def find_hidden_modules(submission: str) -> list[tuple[str, str]]:
    """Find modules of a submission that cannot be imported, because Python has loaded another one of that name.

    Args:
        submission: the folder of model.py.

    Returns:
        For each, the name of the submission's file or folder, and the name of the loaded module.
    """
    hidden = []
    for path in sorted(Path(submission).iterdir()):
        loaded = sys.modules.get(path.stem) if path.suffix == ".py" or (path / "__init__.py").is_file() else None
        if loaded is not None:
            hidden.append((path.name, str(loaded.__name__)))
    return hidden


def find_loaded_files(submission: str) -> list[str]:
    """Find the files of a submission that are imported, as paths from its folder."""
    modules = [module for module in list(sys.modules.values()) if isinstance(module, types.ModuleType)]
    files = [file for module in modules if isinstance(file := vars(module).get("__file__"), str)]
    return sorted({os.path.relpath(file, submission) for file in files if Path(file).is_relative_to(submission)})


def load_class() -> type:
    """Import the submission's model.py and check that class Model has the required methods."""
    try:
        module = importlib.import_module("model")
    except ModuleNotFoundError as error:
        if error.name == "model":
            raise SubmissionError("The submission has no model.py in its top folder.") from error
        raise
    model = getattr(module, "Model", None)
    if not isinstance(model, type):
        raise SubmissionError(
            "model.py must define a class Model(get_train_set=None, systematics=None).", Cause.CONTRACT
        )
    missing = [name for name in METHODS if not callable(getattr(model, name, None))]
    if missing:
        text = f"class Model must have the methods fit and predict; it lacks {' and '.join(missing)}."
        raise SubmissionError(text, Cause.CONTRACT)
    return model


def construct(model: type, **arguments: Any) -> Any:
    """Create the model; SubmissionError if it does not take the arguments."""
    try:
        inspect.signature(model).bind(**arguments)
    except ValueError:  # a signature that cannot be read
        pass
    except TypeError as error:
        expected = ", ".join(f"{name}=None" for name in arguments)
        without = "; run it without --model-type if it needs none" if "model_type" in arguments else ""
        text = f"class Model must be Model({expected}): {error}{without}."
        raise SubmissionError(text, Cause.CONTRACT) from error
    return model(**arguments)


def dump_model(model: Any) -> bytes:
    """Pickle a fitted model; SubmissionError names the attribute that does not pickle."""
    try:
        pickled: bytes = cloudpickle.dumps(model)
    except Exception as error:  # a participant's __reduce__ or __getstate__ may raise anything
        culprits = [name for name, value in getattr(model, "__dict__", {}).items() if not _pickles(value)]
        raise SubmissionError(
            f"The fitted model cannot be passed to other workers: {', '.join(culprits) or 'it'} does not pickle "
            f"({type(error).__name__}: {error}). Drop it at the end of fit, define __getstate__, or run one worker."
        ) from error
    return pickled


def _pickles(value: Any) -> bool:
    try:
        cloudpickle.dumps(value)
    except Exception:  # dump_model reports it
        return False
    return True


def describe(answer: Any) -> Any:
    """Turn what predict returned into JSON: numbers stay numbers, anything else becomes the name of its type."""
    if not isinstance(answer, dict):
        return f"a {type(answer).__name__}"
    return {key: _number(answer[key]) for key in KEYS if key in answer}


def _number(value: Any) -> float | str:
    if getattr(value, "ndim", None) == 0 and callable(getattr(value, "item", None)):
        value = value.item()  # scalars of numpy and torch
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return float(value)
    return f"a {type(value).__name__}"


def serve(channel: Channel, child: Child, submission: str) -> None:
    """Answer requests until the trusted side closes the connection."""
    calls: dict[str, Callable[..., dict[str, Any]]] = {
        "ready": child.ready,
        "fit": child.fit,
        "loaded": child.loaded,
        "dump": child.dump,
        "load": child.load,
        "predict": child.predict,
    }
    while True:
        try:
            request, file = channel.receive()
        except ChannelClosedError:
            return
        try:
            reply = calls[request["call"]](request, file)
        except BaseException as error:  # report whatever a participant's code raises, even SystemExit
            facts = {"hidden_modules": child.hidden_modules, "rows_asked": child.rows_asked}
            reply = {**explain(error, submission, child.task), **facts}
        channel.send({"answers": request["number"], **reply})
