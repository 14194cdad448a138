"""The Dockerfile, pyproject.toml, constraints.txt and competition.yaml agree."""

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from higgs_challenge.submission import image_extra
from higgs_tools.commands.containers import docker_build as docker_build_command
from higgs_tools.containers import docker_build
from tests.helpers.repository import ROOT

DOCKERFILE = (ROOT / docker_build.DOCKERFILE).read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINNED = {
    canonicalize_name(line.partition("==")[0]): line.partition("==")[2]
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if not line.startswith("#")
}
IN_THE_IMAGE = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["image"]]
IN_THE_EXTRA = PROJECT["optional-dependencies"][image_extra.EXTRA]
PROMISED = {
    *("numpy", "pandas", "pyarrow", "scikit-learn", "xgboost-cpu", "lightgbm", "torch", "iminuit", "higgsml"),
    *("matplotlib", "zuko"),
}


@pytest.mark.parametrize("line", [*IN_THE_IMAGE, *IN_THE_EXTRA])
def test_every_package_of_the_image_is_pinned(line):
    requirement = Requirement(line)
    assert requirement.specifier.contains(PINNED[canonicalize_name(requirement.name)])


def test_image_has_what_submissions_are_promised():
    assert {canonicalize_name(Requirement(line).name) for line in IN_THE_IMAGE} >= PROMISED


def test_the_extra_has_the_modules_that_messages_name():
    modules = {line.removesuffix("-cpu") for line in IN_THE_EXTRA}
    assert modules == set(image_extra.MODULES)


def test_both_builds_of_xgboost_have_one_version():
    assert PINNED["xgboost"] == PINNED["xgboost-cpu"]


def test_dockerfile_names_no_version_of_a_package():
    assert "==" not in DOCKERFILE
    installs = re.findall(r"pip install[^&\n]*", DOCKERFILE)
    assert len(installs) == 2
    assert all("--no-cache-dir --constraint constraints.txt" in install for install in installs)


def test_dockerfile_takes_every_argument_that_the_command_gives():
    declared = set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE))
    options = {str(parameter.name).upper() for parameter in docker_build_command.params}
    assert declared == options - {"IMAGE", "NETWORK"}
    assert DOCKERFILE.rstrip().splitlines()[-2:] == ["USER ${RUN_AS}", "WORKDIR /app"]
    assert "ARG RUN_AS=runner\n" in DOCKERFILE


def test_context_is_what_the_dockerfile_copies():
    copied = re.findall(r"^COPY (.*) /", DOCKERFILE, re.MULTILINE)
    kept = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert kept == " ".join(copied).split()


def test_all_competitions_name_one_image() -> None:
    files = [ROOT / "competition.yaml", *ROOT.glob("tasks/*/competition.yaml")]
    assert len(files) > 1
    assert len({yaml.safe_load(path.read_text())["docker_image"] for path in files}) == 1


def test_image_is_named_once():
    name = docker_build.image_of(ROOT / "competition.yaml")
    assert name in (ROOT / "competition.yaml").read_text()
    for path in (ROOT / "Makefile", ROOT / docker_build.DOCKERFILE, *(ROOT / "tools").rglob("*.py")):
        assert name not in path.read_text(), path
