"""A phase that several runs took part in."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass
class Phase:
    """A plan's truth, and runs of it, in one folder; the intervals of run k are k times as much too wide."""

    folder: Path
    num_sets: int = 6
    num_experiments: int = 10

    @property
    def reference(self) -> Path:
        return self.folder / "reference"

    @property
    def output(self) -> Path:
        return self.folder / "out"

    @property
    def mus(self) -> np.ndarray:
        return np.linspace(0.5, 2.5, self.num_sets)

    def plan(self) -> dict[str, Any]:
        return {"plan_fingerprint": "5eed", "num_pseudo_experiments": self.num_experiments}

    def write_truth(self) -> None:
        write(self.reference / "truth.json", {**self.plan(), "ground_truth_mus": self.mus.tolist()})

    def answers(self, stretch: float) -> dict[str, Any]:
        """Seven of ten contain mu, whatever the stretch, so that it alone decides."""
        shape = (self.num_sets, self.num_experiments)
        widths = stretch * np.random.default_rng(1).uniform(0.3, 0.7, shape)
        p16 = self.mus[:, np.newaxis] - np.where(np.arange(shape[1]) % 10 < 7, 0.5, 1.5) * widths
        p84 = p16 + widths
        return {"mu_hats": (p16 + p84) / 2, "delta_mu_hats": widths / 2, "p16": p16, "p84": p84}

    def write_run(self, name: str, stretch: float, **summary: Any) -> Path:
        """Write what ingestion leaves, and return its folder."""
        answers = self.answers(stretch)
        sets = [{key: values[number] for key, values in answers.items()} for number in range(self.num_sets)]
        return write_results(self.folder / name, sets, **self.plan(), **summary)

    def arguments(self, *runs: Path | str) -> list[str]:
        return ["--reference", str(self.reference), "--output", str(self.output), *map(str, runs)]

    def table(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO((self.output / "leaderboard.csv").read_text(encoding="utf-8"))))

    def page(self) -> str:
        return (self.output / "leaderboard.html").read_text(encoding="utf-8")


def write_results(folder: Path, sets: list[dict[str, np.ndarray]], **summary: Any) -> Path:
    """Write the files that ingestion leaves for the scoring program, and return their folder.

    Args:
        folder: for the files.
        sets: for each set the arrays of its result file by name, one entry for each pseudo-experiment.
        summary: further entries of the summary, the plan's fingerprint and number of pseudo-experiments among them.
    """
    files = [f"result_{number}.json" for number in range(len(sets))]
    for file, arrays in zip(files, sets, strict=True):
        write(folder / file, {key: values.tolist() for key, values in arrays.items()})
    write(folder / "ingestion_summary.json", {"num_of_sets": len(sets), "result_files": files, **summary})
    write(folder / "ingestion_duration.json", {"ingestion_duration": 12.5})
    return folder


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def change(path: Path, **entries: Any) -> None:
    write(path, json.loads(path.read_text(encoding="utf-8")) | entries)
