"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import higgs_challenge
import higgs_inference
import higgs_scoring
import higgs_tools.baselines
import higgs_tools.validation

MODULES = [
    module.name
    for package in (higgs_challenge, higgs_scoring, higgs_inference, higgs_tools.baselines, higgs_tools.validation)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
] + ["higgs_tools.bundle.pages", "higgs_tools.tuning.tuning_targets"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(examples) > 15
