import runpy
import sys
from pathlib import Path

import pytest

from tests.helpers.ingestion import COUNTING, PROGRAM, SETTINGS, Ingest, Outcome
from tests.helpers.tiny_submissions import write_submission


@pytest.fixture
def phase(tmp_path: Path) -> Path:
    (tmp_path / "phase").mkdir()
    (tmp_path / "phase" / "settings.yaml").write_text(SETTINGS)
    return tmp_path / "phase"


@pytest.fixture
def counting(tmp_path: Path) -> Path:
    return write_submission(tmp_path / "submission", **COUNTING)


@pytest.fixture
def ingest(
    tmp_path: Path,
    phase: Path,
    small_store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ingest:
    """Run run_ingestion.py in this process; gives its exit code, and standard output followed by standard error."""

    def run(*options: object, output: str = "output", data: Path | None = small_store) -> Outcome:
        arguments = ["--input", phase, "--submission", tmp_path / "submission", "--output", tmp_path / output]
        data_option = [] if data is None else ["--data", data]
        command = ["run_ingestion.py", *map(str, [*arguments, *data_option, "--workers", 1, *options])]
        monkeypatch.setattr(sys, "argv", command)
        try:
            runpy.run_path(str(PROGRAM / "run_ingestion.py"), run_name="__main__")
        except SystemExit as ended:
            code = int(ended.code or 0)
        else:
            code = 0
        return code, "".join(capsys.readouterr())

    return run
