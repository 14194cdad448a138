"""Executing the starting kit's notebook from its text source.

The kit's folder is copied to the output folder and the notebook executed there, so that it works with nothing of the
repository but the installed packages, and leaves nothing in the repository.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from higgs_challenge.atomic import write_bytes
from higgs_challenge.cli import make_folder
from higgs_challenge.errors import InputError
from higgs_challenge.execution.progress import Advance, show_progress

SOURCE, RESULT = "notebook.py", "notebook.ipynb"
TIME_LIMIT = 900.0
"""In seconds, several times what the notebook takes on two cores."""

LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*", RESULT)


def make_notebook(kit: Path, output: Path, time_limit: float = TIME_LIMIT) -> Path:
    """Execute a kit's notebook in a fresh kernel of this interpreter.

    Args:
        kit: folder with notebook.py in jupytext's percent format and what it imports.
        output: folder that receives a copy of the kit, what the notebook writes, and the executed notebook.
        time_limit: for all cells together, in seconds.

    Returns:
        The executed notebook; there is none, not even an older one, unless every cell succeeded.

    Raises:
        InputError: there is no notebook.py, or a cell failed; the message names the cell and the error.
    """
    if not (kit / SOURCE).is_file():
        raise InputError(f"{kit} has no {SOURCE}; name the folder of a starting kit.")
    result = make_folder(output) / RESULT
    result.unlink(missing_ok=True)
    shutil.copytree(kit, output, dirs_exist_ok=True, ignore=LEFT_OUT)
    notebook = jupytext.read(kit / SOURCE)
    _execute(notebook, output, time_limit)
    write_bytes(result, nbformat.writes(notebook).encode())  # type: ignore[no-untyped-call]
    return result


def as_notebook(source: Path) -> bytes:
    """Turn a notebook's text source into what notebook programs open; the same source gives the same bytes."""
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    content: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return content.encode()


def _execute(notebook: Any, folder: Path, time_limit: float) -> None:
    """Execute all cells in place."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    deadline = time.monotonic() + time_limit
    with (
        show_progress("Executing the notebook", len(cells), "cells") as advance,
        tempfile.TemporaryDirectory() as scratch,
    ):
        steps = _Steps(notebook, advance)
        client = NotebookClient(
            notebook,
            km=_this_interpreter(Path(scratch)),
            timeout_func=lambda cell: max(1, round(deadline - time.monotonic())),
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
            on_cell_execute=steps.begin,
            on_cell_executed=steps.end,
        )
        with _errors_named_by_cell(steps, time_limit):
            client.execute(cleanup_kc=True, env=_clean_environment(Path(scratch)))


def _this_interpreter(scratch: Path) -> AsyncKernelManager:
    """Start kernels with this interpreter, whatever kernels are installed for the user or the machine."""
    return AsyncKernelManager(
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
        connection_file=str(scratch / "kernel.json"),
        transport="ipc",  # a socket in a folder of ours, which no other user reaches
    )


def _clean_environment(scratch: Path) -> dict[str, str]:
    """Copy the environment without what would change how a kernel starts or draws."""
    kept = {name: value for name, value in os.environ.items() if name not in ("MPLBACKEND", "PYTHONSTARTUP")}
    return kept | {"IPYTHONDIR": str(scratch / "ipython")}


class _Steps:
    """Follow which cell is running, and show progress with the section that it is in."""

    def __init__(self, notebook: Any, advance: Advance) -> None:
        self._advance = advance
        self._numbers: dict[int, int] = {}
        self._sections: dict[int, str] = {}
        self.running = "The notebook"
        section = ""
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                self._numbers[index], self._sections[index] = len(self._numbers) + 1, section
            elif titles := [line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("## ")]:
                section = titles[-1]

    def begin(self, cell: Any, cell_index: int, **_: Any) -> None:
        """Remember what is running."""
        self.running = f"{SOURCE}, code cell {self._numbers[cell_index]} ({cell.source.splitlines()[0]!r})"

    def end(self, cell: Any, cell_index: int, **_: Any) -> None:
        """Show the progress."""
        self._advance(self._numbers[cell_index], self._sections[cell_index])


@contextmanager
def _errors_named_by_cell(steps: _Steps, time_limit: float) -> Iterator[None]:
    """Turn what stopped the notebook into one message that names the cell."""
    try:
        yield
    except CellExecutionError as error:
        raise InputError(f"{steps.running} failed with {error.ename}: {error.evalue}") from error
    except CellTimeoutError as error:
        raise InputError(
            f"{steps.running} was stopped: the notebook may take {time_limit:g} s, see --time-limit."
        ) from error
    except DeadKernelError as error:
        raise InputError(f"{steps.running} killed its kernel; perhaps memory was short.") from error
