"""Reaching the container engine, and what it refuses, with a made engine where a real one cannot show it."""

import io
import os
import signal
from typing import Any

import pytest
from docker.errors import APIError, ImageNotFound, NotFound

from higgs_challenge.errors import InputError, SubmissionError
from higgs_tools.containers.local_worker import container
from higgs_tools.containers.local_worker import engine as of_engine
from higgs_tools.containers.local_worker.programs import Container, Program
from tests.helpers.small_bundle import run_locally, write_bundle, write_files

INGESTION, SCORING = (Program(role, ("python3", "main.py"), {}) for role in ("ingestion", "scoring"))


class MadeEngine:
    """An engine that notes what it is asked, and refuses what it is told to refuse."""

    def __init__(self, code: int = 0, refuses: str = "", security: tuple[str, ...] = ()) -> None:
        self.asked: list[Any] = []
        self.containers = self.images = self.api = self
        self._code, self._refuses, self._security = code, refuses, security

    def _take(self, what: str, **details: Any) -> None:
        self.asked.append((what, details) if details else what)
        if what == self._refuses:
            raise APIError("500", explanation=f"no {what} today")

    def create(self, **options: Any) -> "MadeEngine":
        self._take("create", **options)
        return self

    def attach(self, **_: Any) -> Any:
        self._take("attach")
        return iter([(b"one\ntw", None), (b"o\n", b"\x1b[31mbad")])

    def start(self) -> None:
        self._take("start")

    def reload(self) -> None:
        self._take("reload")
        running = self.asked.count("reload") < 3
        self.attrs = {"State": {"Running": running, "ExitCode": 0 if running else self._code}}

    def remove_container(self, name: str, force: bool, v: bool) -> None:
        self.asked.append("remove")
        if self._refuses == "create":
            raise NotFound("404")

    def get(self, name: str) -> None:
        raise ImageNotFound(name)

    def info(self) -> dict[str, Any]:
        return {"SecurityOptions": list(self._security) or None}


def run(engine: MadeEngine, gpu: str | None = None, program: Program = INGESTION) -> bytes:
    log = io.BytesIO()
    log.name = "its.log"
    container.run(engine, program, Container("image:1", gpu=gpu), 60, log)  # type: ignore[arg-type]
    return log.getvalue()


def test_output_goes_on_by_lines_and_into_the_log(capsys):
    engine = MadeEngine()
    assert run(engine) == b"one\ntwo\n\x1b[31mbad"
    assert capsys.readouterr() == (
        "ingestion | one\ningestion | two\n",
        "ingestion | \N{REPLACEMENT CHARACTER}[31mbad\n",
    )
    # It listens before it starts, so that no line is missed.
    assert engine.asked[1:] == ["attach", "start", "reload", "reload", "reload", "remove"]


def test_gpu_is_asked_for():
    engine = MadeEngine()
    run(engine, "nvidia.com/gpu=0")
    _, options = engine.asked[0]
    (request,) = options["device_requests"]
    assert request == {
        "Driver": "cdi",
        "Count": 0,
        "DeviceIDs": ["nvidia.com/gpu=0"],
        "Capabilities": [],
        "Options": {},
    }


@pytest.mark.parametrize("step", ["create", "attach", "start", "reload"])
def test_refusals_are_reported_and_the_container_removed(step):
    engine = MadeEngine(refuses=step)
    with pytest.raises(InputError, match=f"The container engine cannot run ingestion: no {step} today"):
        run(engine)
    assert engine.asked[-1] == "remove"


def test_exit_code_is_reported():
    engine = MadeEngine(code=2)
    with pytest.raises(SubmissionError, match=r"ingestion ended with exit code 2; the lines above, and its.log"):
        run(engine)
    assert engine.asked[-1] == "remove"
    with pytest.raises(InputError, match=r"scoring ended with exit code 2"):
        run(MadeEngine(code=2), program=SCORING)


def test_removal_is_not_interrupted():
    class Interrupted(MadeEngine):
        def remove_container(self, name: str, force: bool, v: bool) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            super().remove_container(name, force, v)

    engine = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        run(engine)
    assert engine.asked[-1] == "remove"


def test_missing_engine_is_reported_with_its_remedy(tmp_path):
    submission = write_files(tmp_path / "mine", {"model.py": ""})
    address = f"unix://{tmp_path}/nothing"
    ended = run_locally(address, write_bundle(tmp_path, ""), submission, tmp_path / "out")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"InputError: No container engine answers at {address} (")
    assert "podman system service --time=0" in ended.stderr
    assert "DOCKER_HOST=" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "out").exists()


def test_missing_image_is_reported_with_its_remedy():
    with pytest.raises(InputError, match=r"has no image image:1\. Build it \(make docker-build\)"):
        of_engine.require_image(MadeEngine(), "image:1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("user", "security", "expected"),
    [
        (0, (), None),
        (0, ("name=rootless",), None),
        (1000, ("name=seccomp,profile=default", "name=rootless"), None),
        (1000, ("name=seccomp,profile=default",), "1000:1001"),
        (1000, (), "1000:1001"),
    ],
)
def test_containers_run_as_the_owner_of_their_folders(monkeypatch, user, security, expected):
    monkeypatch.setattr(os, "getuid", lambda: user)
    monkeypatch.setattr(os, "getgid", lambda: 1001)
    assert of_engine.user_of_containers(MadeEngine(security=security)) == expected  # type: ignore[arg-type]
