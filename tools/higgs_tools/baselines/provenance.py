"""Where a result comes from: the commit, the library, and the machine with its software."""

import platform
import subprocess
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import higgs_inference
from higgs_challenge.cores import available_cores
from higgs_challenge.execution.devices import NVIDIA_SMI_SECONDS, find_gpus
from higgs_tools.baselines.result_file import Machine, Source

CPU_INFO = Path("/proc/cpuinfo")
PACKAGES = ("numpy", "torch")
"""Whose versions are recorded, where they are installed."""


def describe_source(root: Path, results: Path) -> Source:
    """Describe the state of the repository.

    Args:
        root: the repository.
        results: folder of the results files, whose own changes do not count.
    """
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return Source(commit=None, is_changed=False)
    inside = results.resolve().is_relative_to(root.resolve())
    others = [f":(exclude){results.resolve().relative_to(root.resolve())}"] if inside else []
    return Source(commit=commit.strip(), is_changed=bool(_git(root, "status", "--porcelain", "--", ".", *others)))


def digest_library() -> str:
    """Hash the modules of higgs_inference, which methods import."""
    (folder,) = map(Path, higgs_inference.__path__)
    digest = sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def describe_machine() -> Machine:
    """Describe the devices that a run uses, in words, and the software."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return Machine(processor=_processor(), cores=available_cores(), gpus=_name_gpus(find_gpus()), versions=versions)


def _processor() -> str:
    lines = CPU_INFO.read_text(errors="replace").splitlines() if CPU_INFO.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _name_gpus(gpus: list[str]) -> list[str]:
    """Return the models of GPUs, or what they are called by where nvidia-smi does not tell."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader", f"--id={','.join(gpus)}"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, timeout=NVIDIA_SMI_SECONDS) if gpus else None
    except (OSError, subprocess.TimeoutExpired):
        listed = None
    return listed.stdout.splitlines() if listed is not None and listed.returncode == 0 else gpus


def _git(root: Path, *words: str) -> str | None:
    """Return what git prints; None where this is no git repository, or there is no git."""
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
