import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from higgs_tools.bundle import make_bundle
from higgs_tools.codabench import (
    platform_client,
    submit,
    upload,
)
from tests.helpers.codabench_stub import PASSWORD, USERNAME, Stub, serve
from tests.helpers.repository import ROOT
from tests.helpers.zips import unzip

SOURCES = [
    *("competition.yaml", "logo.png", "pages", "input_data", "public_data", "starting_kit", "dummy_submission"),
    *("ingestion_program", "scoring_program", "sample_code_submission", "constraints.txt"),
]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of this repository."""
    output = tmp_path_factory.mktemp("bundle") / "bundle.zip"
    make_bundle.build([ROOT], output)
    return output


@pytest.fixture
def files(bundle: Path) -> dict[str, bytes]:
    """What Codabench finds when it unpacks the bundle, to be spoilt by a test."""
    return unzip(bundle.read_bytes())


@pytest.fixture
def competition(files: dict[str, bytes]) -> dict[str, Any]:
    """The bundle's competition.yaml, to be spoilt by a test."""
    return yaml.safe_load(files["competition.yaml"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, to be spoilt by a test."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    settings = copy / "input_data" / "final" / "settings.yaml"  # the truth of the whole phase takes seconds
    settings.write_text(settings.read_text().replace("num_of_sets: 1000\n", "num_of_sets: 20\n"))
    return copy


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """A Codabench on this machine, and an account on it in the environment."""
    monkeypatch.setattr(platform_client, "PAUSES", (0.01, 0.01))
    monkeypatch.setattr(upload, "INTERVAL", 0.01)
    monkeypatch.setattr(submit, "INTERVAL", 0.01)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serve(Stub()) as running:
        monkeypatch.setenv("CODABENCH_URL", running.address)
        monkeypatch.setenv("CODABENCH_USERNAME", USERNAME)
        monkeypatch.setenv("CODABENCH_PASSWORD", PASSWORD)
        yield running
