"""How workers share GPUs and cores, with fake lists of devices: nothing here needs a GPU."""

import subprocess
import sys
from pathlib import Path

import pytest

from higgs_challenge.execution.devices import find_gpus, make_slots, read_gpu_list
from higgs_challenge.submission.slot import Slot

TWO = """\
GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5e1f0a6c-0001)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-5e1f0a6c-0002)
"""
DIVIDED = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa)
  MIG 3g.20gb     Device  0: (UUID: MIG-1111)
  MIG 3g.20gb     Device  1: (UUID: MIG-2222)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb)
"""


@pytest.fixture
def fake_driver(tmp_path: Path) -> Path:
    """A folder with a program nvidia-smi, which prints the file `list` beside it."""
    program = tmp_path / "nvidia-smi"
    program.write_text(f'#!/bin/sh\n[ "$1" = -L ] && cat {tmp_path}/list\n')
    program.chmod(0o755)
    (tmp_path / "list").write_text(TWO)
    return tmp_path


def environment(folder: Path, **others: str) -> dict[str, str]:
    return {"PATH": f"{folder}:/usr/bin:/bin", **others}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (TWO, ["GPU-5e1f0a6c-0001", "GPU-5e1f0a6c-0002"]),
        (DIVIDED, ["MIG-1111", "MIG-2222", "GPU-bbbb"]),
        ("", []),
        ("No devices found.\n", []),
    ],
)
def test_a_list_of_devices_is_read(text: str, names: list[str]) -> None:
    assert read_gpu_list(text) == names


def test_the_driver_s_devices_are_found(fake_driver: Path) -> None:
    assert find_gpus(environment(fake_driver)) == ["GPU-5e1f0a6c-0001", "GPU-5e1f0a6c-0002"]


@pytest.mark.parametrize(("visible", "names"), [("", []), ("-1", []), ("1", ["1"]), ("GPU-5e, 3", ["GPU-5e", "3"])])
def test_what_is_visible_counts_more_than_what_is_there(fake_driver: Path, visible: str, names: list[str]) -> None:
    assert find_gpus(environment(fake_driver, CUDA_VISIBLE_DEVICES=visible)) == names


def test_no_driver_or_a_broken_one_means_no_device(tmp_path: Path, fake_driver: Path) -> None:
    assert find_gpus({"PATH": "/nowhere"}) == []
    (fake_driver / "nvidia-smi").write_text("#!/bin/sh\necho 'GPU 0: x (UUID: GPU-1)'\nexit 9\n")
    assert find_gpus(environment(fake_driver)) == []


def test_finding_devices_imports_no_numerical_library() -> None:
    code = "import sys, higgs_challenge.execution.devices as devices; devices.find_gpus(); print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not {"torch", "numpy"} & set(found.stdout.split())


@pytest.mark.parametrize(
    ("gpus", "cores", "workers", "devices", "threads"),
    [
        ([], 8, None, [None] * 8, 1),
        ([], 8, 2, [None] * 2, 4),
        ([], 2, 5, [None] * 5, 1),
        (["a", "b"], 16, None, ["a", "b"], 8),
        (["a", "b"], 16, 5, ["a", "b", "a", "b", "a"], 3),
        (["a", "b"], 16, 1, ["a"], 16),
    ],
)
def test_workers_share_devices_and_cores(
    gpus: list[str], cores: int, workers: int | None, devices: list[str | None], threads: int
) -> None:
    slots = make_slots(gpus, cores, workers, max_slots=100)
    assert slots == [Slot(device, threads) for device in devices]
    assert len(slots) * threads <= max(cores, len(slots))


def test_there_are_no_more_workers_than_pseudo_experiments() -> None:
    assert make_slots([], 64, None, max_slots=3) == [Slot(None, 21)] * 3
