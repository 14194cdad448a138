"""Find the devices of this machine and share them among workers, without importing any numerical library."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from higgs_challenge.submission.slot import Slot

VISIBLE = "CUDA_VISIBLE_DEVICES"
NVIDIA_SMI_SECONDS = 60.0
LISTED = re.compile(r"^ *(?P<kind>GPU|MIG) (?P<name>.*?):? *\(UUID: (?P<uuid>[^)]+)\)")


def find_gpus(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Find the GPUs that may be used, as CUDA_VISIBLE_DEVICES names them.

    Args:
        environment: where CUDA_VISIBLE_DEVICES is set, its devices are taken, as a batch system means it; an empty one
            or -1 means none.

    Returns:
        Names of devices; otherwise those that nvidia-smi lists, parts of a divided GPU (MIG) each on its own.
    """
    if VISIBLE in environment:
        named = [name.strip() for name in environment[VISIBLE].split(",")]
        return [name for name in named if name and name != "-1"]
    if shutil.which("nvidia-smi", path=environment.get("PATH")) is None:
        return []
    try:
        listed = subprocess.run(
            ["nvidia-smi", "-L"], env=dict(environment), capture_output=True, text=True, timeout=NVIDIA_SMI_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):  # the driver is installed, but there is no device
        return []
    return read_gpu_list(listed.stdout) if listed.returncode == 0 else []


def read_gpu_list(text: str) -> list[str]:
    """Read what `nvidia-smi -L` prints.

    Example:
        >>> read_gpu_list("GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5e1f)")
        ['GPU-5e1f']
    """
    gpus: list[list[str]] = []
    for found in filter(None, map(LISTED.match, text.splitlines())):
        if found["kind"] == "GPU":
            gpus.append([found["uuid"]])
        elif gpus:
            gpus[-1].append(found["uuid"])
    return [name for whole, *parts in gpus for name in parts or [whole]]


def make_slots(gpus: Sequence[str], cores: int, workers: int | None, max_slots: int) -> list[Slot]:
    """Share GPUs and cores among workers.

    Args:
        gpus: from find_gpus.
        cores: processor cores to share.
        workers: how many; None for one per GPU, or one per core without a GPU. More workers than GPUs
            share them.
        max_slots: largest useful number, because there is no more work.

    Returns:
        One slot per worker; workers times threads is at most the number of cores, but every worker has a thread.

    Example:
        >>> make_slots([], cores=4, workers=2, max_slots=100)
        [Slot(device=None, threads=2), Slot(device=None, threads=2)]
    """
    number = min(workers or len(gpus) or cores, max_slots)
    threads = max(cores // number, 1)
    return [Slot(gpus[i % len(gpus)] if gpus else None, threads) for i in range(number)]
