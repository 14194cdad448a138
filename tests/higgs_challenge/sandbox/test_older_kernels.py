"""Where the kernel or a library lacks what closing in needs: required isolation refuses, else the run says so."""

from pathlib import Path

import pytest

from tests.helpers.older_kernels import write_start
from tests.helpers.runs import Runs, assert_harmless, assert_nothing_runs
from tests.helpers.tiny_submissions import write_submission

NO_LANDLOCK = "import landlockpy\n\nlandlockpy.abi_version = landlockpy._syscall.abi_version = lambda: 0\n"
NO_LIBRARY = "import ctypes.util\n\nctypes.util.find_library = lambda name: None\n"
FILES_OPEN = "files are not restricted: the kernel has no Landlock, or the container blocks it"
CALLS_OPEN = "the network and other processes are not blocked: "
LACKS = {
    "no Landlock": (NO_LANDLOCK, "partial", [FILES_OPEN]),
    "no libseccomp": (NO_LIBRARY, "partial", [CALLS_OPEN, "apt-get install libseccomp2"]),
    "neither": (NO_LANDLOCK + NO_LIBRARY, "none", [FILES_OPEN, CALLS_OPEN, "apt-get install libseccomp2"]),
}


@pytest.mark.parametrize(("code", "level", "sentences"), LACKS.values(), ids=LACKS)
@pytest.mark.parametrize("isolation", ["required", "best-effort"])
def test_a_machine_without(
    run: Runs,
    tmp_path: Path,
    code: str,
    level: str,
    sentences: list[str],
    isolation: str,
) -> None:
    folder = write_submission(tmp_path / "submission", fit="print('ran')")
    ended = run.run(folder, "--isolation", isolation, PYTHONPATH=str(write_start(tmp_path, code)))
    if isolation == "required":
        assert ended.code == 2
        assert ended.message.startswith("Submissions must be isolated, but ")
        assert ended.message.rstrip().endswith("use --isolation best-effort if you trust the submission.")
        assert "ran" not in ended.printed
        assert not any(name.startswith("result_") for name in ended.files)
        assert_nothing_runs(ended)
    else:
        assert_harmless(ended)
        assert f"Warning: the isolation of the submission is {level}: " in ended.text
        assert "ran" in ended.printed
    for sentence in sentences:
        assert sentence in ended.text
