"""Why a short run failed, as a participant learns it from a worker that follows containers as Codabench's does."""

import gc
import html
import shutil
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from higgs_challenge.experiments import load_plan, write_truth
from higgs_tools.containers.local_worker import programs
from higgs_tools.containers.local_worker.bundle import hand_over
from higgs_tools.containers.local_worker.programs import Container, Program
from tests.helpers.podman_engine import Engine
from tests.helpers.repository import ROOT
from tests.helpers.small_bundle import write_files

pytestmark = [pytest.mark.container, pytest.mark.slow]

RUNS = 8
MESSAGE = "SubmissionError: The submission /app/ingested_program has no model.py in its top folder."


@pytest.fixture
def client(engine: Engine) -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(engine.address, timeout=120)
    yield client
    client.close()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Both programs and the toy's truth, as a worker unpacks them."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("ingestion_program", "scoring_program"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    settings = "task: gaussian\nnum_of_sets: 1\nnum_pseudo_experiments: 2\nrandom_seed: 5\n"
    write_files(tmp_path / "ingestion_program", {"phase/settings.yaml": settings})
    for name in ("input_data", "submission", "shared", "no_data", "input/ref"):
        (tmp_path / name).mkdir(parents=True)
    write_truth(load_plan(tmp_path / "ingestion_program" / "phase"), tmp_path / "input" / "ref")
    return tmp_path


def follow(client: docker.DockerClient, program: Program, image: str) -> tuple[int, str]:
    """Run a program, and give its exit code and what arrives while it runs, by attaching once it has started.

    What the worker saves in the end, it reads by attaching again. docker-py loses that wholly or in part, however long
    the program stays, where the engine sends it in one piece with its answer's head: seldom from Docker, mostly from
    Podman. So nothing may depend on it.
    """
    made = client.containers.create(**programs.container_options(program, Container(image)))
    try:
        made.start()
        pieces = made.attach(stream=True, logs=True, demux=True)
        made.reload()
        printed = b"".join(piece or b"" for pair in pieces for piece in pair) if made.status == "running" else b""
        del pieces
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            gc.collect()  # docker-py closes the connection of an attached stream in no other way
        while made.status == "running":
            time.sleep(0.1)
            made.reload()
        return int(made.attrs["State"]["ExitCode"]), printed.decode()
    finally:
        made.remove(force=True)


def test_short_failures_are_all_explained(client: docker.DockerClient, image: str, work: Path) -> None:
    """A worker that starts scoring only after an exit code of 0 must find that code."""
    for number in range(RUNS):
        results, scores = work / f"results-{number}", work / f"scores-{number}"
        results.mkdir()
        scores.mkdir()
        code, _ = follow(client, programs.ingestion(work, work / "submission", results, work / "no_data"), image)
        assert code == 0
        shutil.rmtree(work / "input" / "res", ignore_errors=True)
        hand_over(results, work / "input" / "res")
        code, _ = follow(client, programs.scoring(work, scores, work / "no_data"), image)
        assert code == 2
        (page,) = scores.iterdir()
        assert f"Not scored: Ingestion failed: {MESSAGE}" in html.unescape(page.read_text()), number


def test_a_program_that_imports_for_a_second_is_followed_to_its_last_word(
    client: docker.DockerClient, image: str, work: Path
) -> None:
    for number in range(5):
        results = work / f"results-{number}"
        results.mkdir()
        program = programs.ingestion(work, work / "submission", results, work / "no_data")
        assert follow(client, program, image)[1].endswith(f"{MESSAGE}\n"), number
