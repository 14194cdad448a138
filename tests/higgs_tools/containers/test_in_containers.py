"""The two programs in real containers, in a Podman that the test starts by itself; skipped where none can run."""

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from higgs_tools.bundle import make_bundle
from higgs_tools.containers import docker_build
from tests.helpers.podman_engine import BASE, Engine
from tests.helpers.repository import ROOT
from tests.helpers.small_bundle import PATIENCE, command_line, run_locally, write_bundle, write_files

pytestmark = [pytest.mark.container, pytest.mark.slow]

LOOK_AROUND = """\
import json, os, sys
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
facts = {name: status[name].strip() for name in status if name.startswith(("Cap", "NoNew"))}
facts |= {folder: sorted(os.listdir(f"/app/{folder}")) for folder in os.listdir("/app")}
facts["here"], facts["words"], facts["net"] = os.getcwd(), sys.argv, os.listdir("/sys/class/net")
try:
    open("/app/data/planted", "w")
except OSError as error:
    facts["writing data"] = error.strerror
json.dump(facts, open("/app/output/facts.json", "w"))
"""

WAIT = """\
import os, sys, time
print("begun", file=sys.stderr)
while not os.path.exists("/app/data/go"):
    time.sleep(0.05)
print("100.0\\N{NO-BREAK SPACE}% \\x1b[31mred, without an end of line", end="")
"""


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    return write_files(tmp_path / "submission", {"model.py": "mine = 1\n"})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_files(tmp_path / "data", {"events": "many"})


def test_programs_get_what_the_worker_gives(engine: Engine, tmp_path: Path, submission: Path, data: Path) -> None:
    bundle, output = write_bundle(tmp_path, LOOK_AROUND, image=BASE), tmp_path / "out"
    ended = run_locally(engine.address, bundle, submission, output, "--data", data)
    assert ended.returncode == 0, ended.stderr
    facts = json.loads((output / "prediction" / "facts.json").read_text())
    nothing = "0" * 16
    assert facts == {
        **dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), nothing),
        "NoNewPrivs": "1",
        "here": "/app/program",
        "words": ["/app/program/main.py", "--input", "/app/program/phase"],
        "net": ["lo"],
        "writing data": "Read-only file system",
        "program": ["main.py", "metadata.yaml", "phase"],
        "input_data": [],
        "ingested_program": ["model.py"],
        "output": ["model.py"],  # the platform copies it there
        "data": ["events"],
    }
    assert json.loads((output / "detailed_results.html").read_text()) == {
        "program": ["main.py", "metadata.yaml"],
        "input": ["ref", "res"],
        "ref": ["truth.json"],
        "res": ["facts.json", "model.py"],
        "output": [],
        "shared": [],
        "data": ["events"],
        "truth": "of the whole phase",
    }
    assert json.loads((output / "scores.json").read_text()) == {"score": 0.5}
    assert ended.stdout.splitlines() == [f"{'score':30} 0.5", f"{'report':30} {output / 'detailed_results.html'}"]
    assert {path.name for path in output.iterdir()} == {
        *("scores.json", "detailed_results.html", "prediction", "ingestion.log", "scoring.log")
    }
    assert engine.containers() == []


def test_submission_with_metadata_is_not_copied(engine: Engine, tmp_path: Path, submission: Path) -> None:
    write_files(submission, {"metadata.yaml": "description: mine\n"})
    bundle = write_bundle(tmp_path, "open('/app/output/result', 'w')", image=BASE)
    ended = run_locally(engine.address, bundle, submission, tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    assert json.loads((tmp_path / "out" / "detailed_results.html").read_text())["res"] == ["result"]


def test_smaller_phase_has_its_own_truth(engine: Engine, tmp_path: Path, submission: Path) -> None:
    bundle = write_bundle(tmp_path, "", image=BASE)
    ended = run_locally(engine.address, bundle, submission, tmp_path / "out", "--sets", 2, "--pseudo-experiments", 3)
    assert ended.returncode == 0, ended.stderr
    truth = json.loads((tmp_path / "out" / "detailed_results.html").read_text())["truth"]
    assert (len(truth["ground_truth_mus"]), truth["num_pseudo_experiments"]) == (2, 3)


def test_time_limit_ends_a_program(engine: Engine, tmp_path: Path, submission: Path, data: Path) -> None:
    bundle = write_bundle(tmp_path, WAIT, image=BASE, seconds=2)
    ended = run_locally(engine.address, bundle, submission, tmp_path / "out", "--data", data)
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "ingestion | begun",
        "SubmissionError: ingestion was stopped after 2 s, the phase's execution_time_limit in competition.yaml.",
    ]
    # It is killed, so it has no last words, and there is no scoring that could say why.
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"ingestion.log", "prediction"}
    assert engine.containers() == []


def test_failing_program_is_reported_and_not_scored(engine: Engine, tmp_path: Path, submission: Path) -> None:
    output = write_files(tmp_path / "out", {"scores.json": "of yesterday", "prediction/result": "of yesterday"})
    ingestion = "import sys; open('/app/output/half', 'w'); sys.exit('SubmissionError: predict failed')"
    bundle = write_bundle(tmp_path, ingestion, image=BASE)
    ended = run_locally(engine.address, bundle, submission, output)
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "ingestion | SubmissionError: predict failed",
        f"SubmissionError: ingestion ended with exit code 1; the lines above, and {output}/ingestion.log, say why.",
    ]
    assert {path.name for path in output.iterdir()} == {"ingestion.log", "prediction"}
    assert {path.name for path in (output / "prediction").iterdir()} == {"half", "model.py"}
    assert engine.containers() == []


def test_scoring_without_scores_is_reported(engine: Engine, tmp_path: Path, submission: Path) -> None:
    bundle = write_bundle(tmp_path, "", scoring="print('nothing')", image=BASE)
    ended = run_locally(engine.address, bundle, submission, tmp_path / "out")
    assert (ended.returncode, ended.stdout) == (2, "scoring | nothing\n")
    assert "The scoring program wrote no scores.json" in ended.stderr


def start(engine: Engine, bundle: Path, submission: Path, output: Path, data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command_line(bundle, submission, output, "--data", data),
        env={**os.environ, "DOCKER_HOST": engine.address},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_logs_come_while_a_program_runs(engine: Engine, tmp_path: Path, submission: Path, data: Path) -> None:
    output = tmp_path / "out"
    with start(engine, write_bundle(tmp_path, WAIT, image=BASE), submission, output, data) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "ingestion | begun\n"
        assert (output / "ingestion.log").read_text() == "begun\n"
        (data / "go").touch()
        stdout, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    # What could command a terminal does not reach it.
    assert stdout.splitlines()[0] == "ingestion | 100.0 % \N{REPLACEMENT CHARACTER}[31mred, without an end of line"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 1), (signal.SIGTERM, 143)])
def test_interrupted_run_leaves_no_container(
    engine: Engine, tmp_path: Path, submission: Path, data: Path, number: int, code: int
) -> None:
    output = tmp_path / "out"
    with start(engine, write_bundle(tmp_path, WAIT, image=BASE), submission, output, data) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "ingestion | begun\n"
        assert len(engine.containers()) == 1
        running.send_signal(number)
        _, stderr = running.communicate(timeout=PATIENCE)
    assert running.returncode == code, stderr
    assert "Traceback" not in stderr
    assert engine.containers() == []
    assert {path.name for path in output.iterdir()} == {"ingestion.log", "prediction"}


def test_missing_image_is_reported(engine: Engine, tmp_path: Path, submission: Path) -> None:
    ended = run_locally(engine.address, write_bundle(tmp_path, ""), submission, tmp_path / "out")
    assert ended.returncode == 2
    assert ended.stderr == (
        "InputError: The container engine has no image nobody/nothing:1. Build it (make docker-build), or name another "
        "one (IMAGE=...).\n"
    )


LIBRARY = re.findall(r"^COPY inference.*?\n\n", (ROOT / docker_build.DOCKERFILE).read_text(), re.MULTILINE | re.DOTALL)
DOCKERFILE = f"""\
ARG BASE
FROM ${{BASE}}
COPY . /context
RUN echo built on $(cd /context && ls -A . inference inference/higgs_inference)
{"".join(LIBRARY)}
ARG RUN_AS
USER ${{RUN_AS}}
"""
"""The steps of the image that need no network."""


@pytest.fixture
def to_build(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a Dockerfile of a few lines, and the engine to build it."""
    ignored = (ROOT / ".dockerignore").read_text()
    files = {".dockerignore": ignored, "docker/Dockerfile": DOCKERFILE, "pyproject.toml": "", "constraints.txt": ""}
    library = dict.fromkeys(("__init__.py", "fits.py", "__pycache__/fits.pyc"), "")
    write_files(tmp_path / "inference" / "higgs_inference", library)
    (tmp_path / "inference" / "higgs_inference" / "fits.py").chmod(0o600)
    write_files(tmp_path, {**files, "secret": "", "build/large": "", "inference/secret": ""})
    monkeypatch.setenv("DOCKER_HOST", engine.address)
    return tmp_path


def test_image_is_built_of_two_files_and_the_library(
    engine: Engine, to_build: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    docker_build.build(to_build, "localhost/built:1", {"BASE": BASE, "RUN_AS": "1234"}, None)
    assert (
        "built on .: constraints.txt inference pyproject.toml inference: higgs_inference "
        "inference/higgs_inference: __init__.py fits.py\n"
    ) in capsys.readouterr().out
    look = ("python3", "-c", "import higgs_inference.fits as found; print(found.__file__)")
    place = engine.podman("run", "--rm", "--network=none", "localhost/built:1", *look)
    assert place.endswith("/dist-packages/higgs_inference/fits.py\n")
    assert engine.podman("image", "inspect", "--format={{.Config.User}}", "localhost/built:1") == "1234\n"


def test_image_of_another_user_cannot_write_results(
    engine: Engine, to_build: Path, submission: Path, data: Path
) -> None:
    """The worker's folders are its own, an administrator's: so make docker-build says RUN_AS=root."""
    docker_build.build(to_build, "localhost/of-runner:1", {"BASE": BASE, "RUN_AS": "1234"}, None)
    bundle = write_bundle(to_build, LOOK_AROUND, image="localhost/of-runner:1")
    ended = run_locally(engine.address, bundle, submission, to_build / "out", "--data", data)
    assert ended.returncode == 2
    assert "PermissionError: [Errno 13] Permission denied: '/app/output/facts.json'" in ended.stderr


def test_failing_step_of_a_build_is_reported(to_build: Path) -> None:
    write_files(to_build, {"docker/Dockerfile": "ARG BASE\nFROM ${BASE}\nRUN echo no room left; exit 3\n"})
    with pytest.raises(docker_build.InputError, match=r"docker/Dockerfile cannot be built: .*exit 3"):
        docker_build.build(to_build, "localhost/failed:1", {"BASE": BASE}, None)


PRYING = '''\
"""Tries in every call what it must not be able to do, and prints what it got."""
import os, pathlib, socket, sys


def tell(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\\n")  # in one piece: two workers share the log
    sys.stdout.flush()


def pry(call):
    for path in ("/app/program/phase/settings.yaml", "/app/data/hidden", "/app/output", "/app/ingested_program"):
        try:
            got = os.listdir(path) if os.path.isdir(path) else open(path).read()
        except OSError as error:
            got = type(error).__name__
        tell(call, path, got)
    try:
        socket.create_connection(("127.0.0.1", 1), timeout=1)
    except OSError as error:
        tell(call, "network", type(error).__name__)
    try:
        pathlib.Path("/app/output/result_0.json").write_text("{}")
    except OSError as error:
        tell(call, "writing", type(error).__name__)


class Model:
    def __init__(self, get_train_set=None, systematics=None):
        pass

    def fit(self):
        pry("fit")

    def predict(self, test_set):
        pry("predict")
        return {"mu_hat": 1.0, "delta_mu_hat": 0.2, "p16": 0.8, "p84": 1.2}
'''


@pytest.fixture(scope="session")
def higgs_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of this repository, with a short final phase so that its truth is soon there."""
    project = tmp_path_factory.mktemp("project") / "project"
    ignored = shutil.ignore_patterns(".*", "build", "tests", "__pycache__", "docs", "benchmarks")
    shutil.copytree(ROOT, project, ignore=ignored)
    settings = project / "input_data" / "final" / "settings.yaml"
    settings.write_text(settings.read_text().replace("num_of_sets: 1000\n", "num_of_sets: 20\n"))
    make_bundle.build([project], project / "bundle.zip")
    return project / "bundle.zip"


def test_higgs_run_is_fully_isolated_and_scored(
    engine: Engine, image: str, higgs_bundle: Path, small_store: Path, tmp_path: Path
) -> None:
    submission, output = write_files(tmp_path / "prying", {"model.py": PRYING, "parts/notes": ""}), tmp_path / "out"
    size = ("--sets", 1, "--pseudo-experiments", 2)
    options = ("--image", image, "--data", small_store, *size)
    ended = run_locally(engine.address, higgs_bundle, submission, output, *options)
    assert ended.returncode == 0, ended.stderr
    summary = json.loads((output / "prediction" / "ingestion_summary.json").read_text())
    assert summary["isolation"]["level"] == "full"
    assert summary["isolation"]["missing"] == []
    assert "ingestion | Fitted in" in ended.stdout
    assert "Isolation: full" in ended.stdout
    printed = (output / "prediction" / "submission.log").read_text().split("\n")
    for call in ("fit", "predict"):
        for path in ("/app/program/phase/settings.yaml", "/app/data/hidden", "/app/output", "/app/ingested_program"):
            assert f"{call} {path} PermissionError" in printed
        assert f"{call} network PermissionError" in printed
        assert f"{call} writing PermissionError" in printed
    scores = json.loads((output / "scores.json").read_text())
    assert scores["interval"] == pytest.approx(0.4)
    assert "scoring | interval" in ended.stdout
    assert "<html" in (output / "detailed_results.html").read_text()


@pytest.mark.parametrize("name", ["result_0.json", "aside/result_0.json"])
def test_planted_results_are_not_scored(
    engine: Engine, image: str, higgs_bundle: Path, small_store: Path, tmp_path: Path, name: str
) -> None:
    submission = write_files(tmp_path / "planting", {"model.py": PRYING, name: "{}"})
    options = ("--image", image, "--data", small_store, "--sets", 1, "--pseudo-experiments", 2)
    ended = run_locally(engine.address, higgs_bundle, submission, tmp_path / "out", *options)
    assert ended.returncode == 2
    assert f"SubmissionError: The submission contains {name}, a name reserved for results; rename it." in ended.stderr
    assert not (tmp_path / "out" / "scores.json").exists()
    report = (tmp_path / "out" / "detailed_results.html").read_text()
    assert f"Not scored: Ingestion failed: SubmissionError: The submission contains {name}, " in report
