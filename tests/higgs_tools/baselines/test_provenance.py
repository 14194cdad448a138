"""The state of the repository, the library and the machine, as a results file records them."""

import subprocess
from pathlib import Path

import pytest

import higgs_inference
from higgs_tools.baselines import provenance
from higgs_tools.baselines.provenance import describe_machine, describe_source, digest_library


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    command = ["git", "-C", str(root), *who, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_changes_other_than_results_are_told(tmp_path: Path) -> None:
    assert describe_source(tmp_path, tmp_path / "results").commit is None
    git(tmp_path, "init", "--quiet")
    (tmp_path / "model.py").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "First")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "mine.json").touch()
    source = describe_source(tmp_path, tmp_path / "results")
    assert (source.commit, source.is_changed) == (git(tmp_path, "rev-parse", "HEAD"), False)
    assert describe_source(tmp_path, tmp_path.parent).is_changed
    (tmp_path / "model.py").write_text("2")
    assert describe_source(tmp_path, tmp_path / "results").is_changed


def test_the_hash_of_the_library_follows_its_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(higgs_inference, "__path__", [str(tmp_path)])
    (tmp_path / "one.py").write_text("1")
    first = digest_library()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "one.pyc").touch()
    assert digest_library() == first
    (tmp_path / "one.py").write_text("2")
    assert digest_library() != first


def test_the_machine_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: A Fast One\n")
    monkeypatch.setattr(provenance, "CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(provenance, "find_gpus", list)
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "no-such-package"))
    machine = describe_machine()
    assert (machine.processor, machine.gpus) == ("A Fast One", [])
    assert machine.cores > 0
    assert set(machine.versions) == {"python", "numpy"}


def test_gpus_are_named_by_their_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text('#!/bin/sh\ncase "$*" in *--id=GPU-1,GPU-2) echo A Model; echo Another;; *) exit 1;; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(provenance, "find_gpus", lambda: ["GPU-1", "GPU-2"])
    assert describe_machine().gpus == ["A Model", "Another"]
    monkeypatch.setattr(provenance, "find_gpus", lambda: ["MIG-7"])
    assert describe_machine().gpus == ["MIG-7"]
