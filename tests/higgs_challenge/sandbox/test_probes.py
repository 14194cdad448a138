"""Attempts of one line or a few: what each submission is told, and that each works where nothing is sandboxed."""

import functools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from higgs_challenge.sandbox.isolation import FULL
from higgs_challenge.submission.process import OFF, REQUIRED
from tests.helpers.call_probes import CALL_PROBES
from tests.helpers.file_probes import FILE_PROBES
from tests.helpers.older_kernels import older_kernel
from tests.helpers.probes import Probe, source
from tests.helpers.tiny_submissions import LIMIT, running, write_submission
from tests.helpers.victims import victims

PROBES = FILE_PROBES | CALL_PROBES
THIS_KERNEL = 0
KERNELS = {THIS_KERNEL: "this kernel", 1: "Linux 5.13", 3: "Linux 6.2"}

Outcomes = dict[str, str]


@pytest.fixture(scope="session")
def attempt(tmp_path_factory: pytest.TempPathFactory, small_store: Path) -> Callable[[str, int], Outcomes]:
    """Make all attempts in one submission's process; gives what came of each."""

    @functools.cache
    def attempt(isolation: str, landlock: int) -> Outcomes:
        folder = tmp_path_factory.mktemp("hostile")
        with (
            pytest.MonkeyPatch.context() as patch,
            victims(folder, small_store) as found,
            older_kernel(landlock, folder, patch),
        ):
            files = {"victims.json": json.dumps(found), "hostile.py": source(PROBES)}
            write_submission(folder / "submission", files, fit="import hostile\nhostile.run_all()")
            training = Path(found["training"])
            with running(folder / "submission", training, isolation=isolation) as process:
                reached = process.start()
                assert reached.level == (FULL if isolation == REQUIRED else OFF)
                assert landlock in (THIS_KERNEL, reached.landlock)
                process.fit(LIMIT)
        outcomes: Outcomes = json.loads((folder / "scratch" / "work" / "outcomes.json").read_text())
        return outcomes

    return attempt


@pytest.mark.parametrize("landlock", KERNELS, ids=KERNELS.values())
@pytest.mark.parametrize(("name", "probe"), PROBES.items(), ids=PROBES)
def test_what_is_not_allowed_does_not_work(
    attempt: Callable[[str, int], Outcomes], name: str, probe: Probe, landlock: int
) -> None:
    free = attempt(OFF, THIS_KERNEL)[name]
    if probe.needs and not free.startswith("done"):
        pytest.skip(f"without isolation it needs {probe.needs}: {free}")
    assert free.startswith("done"), "the attempt proves nothing"
    assert attempt(REQUIRED, landlock)[name].startswith(probe.older.get(landlock, probe.message))
