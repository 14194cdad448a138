"""journal.jsonl: what a run has finished, written to disk at once, so that a killed run can be resumed."""

import contextlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from higgs_challenge.atomic import report_write_errors
from higgs_challenge.errors import InputError, named
from higgs_challenge.execution.worker import Fit, Result
from higgs_challenge.sandbox.isolation import Isolation
from higgs_challenge.submission.answer import Interval


class JournalMismatchError(InputError):
    """The journal belongs to another run or is damaged: this run cannot resume with it."""


class Journal:
    """The journal of one run: its identity first, then its fit, then results. It does not contain the true values.

    Each line is on the disk before the run goes on. A last line that a killed run left incomplete is dropped.

    Args:
        path: of the file.
        identity: what makes a run the same run: hashes of plan, data and submission.
        resume: continue with the file's content; otherwise start afresh.

    Attributes:
        fit: None until the submission is fitted.
        results: by (set, pseudo-experiment).
        repeats: how often a process was replaced, in all results.
        failures: the results of failed predictions.
        elapsed: seconds that earlier runs took.

    Raises:
        JournalMismatchError: the file belongs to another run, or is damaged.
        InputError: the file cannot be written; every method that writes raises this too.
    """

    def __init__(self, path: Path, identity: dict[str, str], resume: bool) -> None:
        self._path, self._identity = path, identity
        self.fit: Fit | None = None
        self.results: dict[tuple[int, int], Result] = {}
        self.repeats = 0
        self.failures: list[Result] = []
        self.elapsed = 0.0
        with report_write_errors(path.parent):
            known = self._read(identity) if resume and path.exists() else False
            self._file = path.open("ab" if known else "wb")
        if not known:
            self._add({"run": identity}, 0.0)

    def start_again(self) -> None:
        """Drop what an earlier run recorded, once its fitted model is gone: results of two fits must not be mixed."""
        self.fit, self.results, self.repeats, self.failures = None, {}, 0, []
        with report_write_errors(self._path.parent):
            self._file.close()
            self._file = self._path.open("wb")
        self._add({"run": self._identity}, 0.0)

    def add_fit(self, fit: Fit, elapsed: float) -> None:
        """Record that the submission is fitted, elapsed seconds after the run's start."""
        self.fit = fit
        self._add({"fit": asdict(fit)}, elapsed)

    def add(self, result: Result, elapsed: float) -> None:
        """Record a result, elapsed seconds after the run's start."""
        self._keep(result)
        self._add({"result": asdict(result)}, elapsed)

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):  # a full disk was reported when a line could not be written
            self._file.close()

    def _add(self, entry: dict[str, Any], elapsed: float) -> None:
        line = json.dumps({**entry, "elapsed": elapsed}).encode() + b"\n"
        with report_write_errors(self._path.parent):
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())

    def _keep(self, result: Result) -> None:
        self.results[result.set_index, result.index] = result
        self.repeats += result.repeats
        if result.failure:
            self.failures.append(result)

    def _read(self, identity: dict[str, str]) -> bool:
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if not whole:
            return False
        try:
            entries = [json.loads(line) for line in content[:whole].splitlines()]
            self._check(entries[0]["run"], identity)
            for entry in entries[1:]:
                self._take(entry)
        except (ValueError, KeyError, TypeError) as error:
            raise JournalMismatchError(
                f"{self._path} is damaged ({named(error)}); run without --resume to start again."
            ) from error
        os.truncate(self._path, whole)
        return True

    def _take(self, entry: dict[str, Any]) -> None:
        self.elapsed = float(entry["elapsed"])
        if "fit" in entry:
            isolation = entry["fit"].pop("isolation")
            isolation["missing"] = tuple(isolation["missing"])
            hidden = tuple((name, module) for name, module in entry["fit"].pop("hidden_modules", ()))
            self.fit = Fit(**entry["fit"], isolation=Isolation(**isolation), hidden_modules=hidden)
        else:
            interval = entry["result"].pop("interval")
            self._keep(Result(**entry["result"], interval=Interval(**interval)))

    def _check(self, found: dict[str, str], expected: dict[str, str]) -> None:
        changed = [name for name in expected if found.get(name) != expected[name]]
        if changed:
            raise JournalMismatchError(
                f"{self._path} belongs to a run with another {' and another '.join(changed)}, so it cannot go on; run "
                "without --resume to start again, or name another output folder."
            )
