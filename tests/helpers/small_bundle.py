"""Bundles of a few lines, whose two programs need nothing but Python, and local runs of them."""

import io
import os
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

PATIENCE = 300.0
"""Seconds that no run takes, on however busy a machine."""

SCORING = """\
import json, os
facts = {folder: sorted(os.listdir(f"/app/{folder}")) for folder in sorted(os.listdir("/app"))}
facts["ref"], facts["res"] = sorted(os.listdir("/app/input/ref")), sorted(os.listdir("/app/input/res"))
facts["truth"] = json.load(open("/app/input/ref/truth.json"))
json.dump({"score": 0.5}, open("/app/output/scores.json", "w"))
open("/app/output/detailed_results.html", "w").write(json.dumps(facts))
"""


def zipped(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, textwrap.dedent(text))
    return buffer.getvalue()


def competition(image: str = "nobody/nothing:1", seconds: int = 60) -> dict[str, Any]:
    archives = ("ingestion_program", "scoring_program", "reference_data")
    phase = {"index": 0, "name": "Feedback", "start": "2026-01-01", "max_submissions_per_day": 1, "max_submissions": 1}
    column = {"title": "Score", "key": "score", "index": 0, "sorting": "desc"}
    board = {"title": "Results", "key": "main", "columns": [column]}
    return {
        "version": 2,
        "title": "Small",
        "image": "logo.png",
        "terms": "terms.md",
        "docker_image": image,
        "pages": [{"title": "Overview", "file": "overview.md"}],
        "phases": [{**phase, "execution_time_limit": seconds, "tasks": [0]}],
        "tasks": [{"index": 0, "name": "Small", **{name: f"{name}.zip" for name in archives}}],
        "leaderboards": [board],
    }


def write_bundle(
    folder: Path,
    ingestion: str,
    scoring: str = SCORING,
    image: str = "nobody/nothing:1",
    seconds: int = 60,
) -> Path:
    """Write a bundle.

    Args:
        folder: where.
        ingestion, scoring: the programs.
        image: that the competition names.
        seconds: execution_time_limit.
    """
    text = yaml.safe_dump(competition(image, seconds)).replace("'2026-01-01'", "2026-01-01")
    command = "command: python3 /app/program/main.py --input /app/program/phase\n"
    settings = "num_of_sets: 7\nnum_pseudo_experiments: 5\nrandom_seed: 3\n"
    parts = {
        "ingestion_program.zip": {
            "metadata.yaml": command,
            "main.py": ingestion,
            "phase/settings.yaml": settings,
        },
        "scoring_program.zip": {"metadata.yaml": "command: python3 /app/program/main.py\n", "main.py": scoring},
        "reference_data.zip": {"truth.json": '"of the whole phase"'},
    }
    path = folder / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("competition.yaml", text)
        for name, files in parts.items():
            archive.writestr(name, zipped(files))
    return path


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    return folder


def command_line(bundle: Path, submission: Path, output: Path, *options: object) -> list[str]:
    words = ("--bundle", bundle, "--submission", submission, "--output", output, *options)
    return [sys.executable, "-m", "higgs_tools", "docker-run", *map(str, words)]


def run_locally(
    address: str, bundle: Path, submission: Path, output: Path, *options: object
) -> subprocess.CompletedProcess[str]:
    """Run `higgs-challenge docker-run` to its end, on the engine of that address."""
    return subprocess.run(
        command_line(bundle, submission, output, *options),
        env={**os.environ, "DOCKER_HOST": address},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
