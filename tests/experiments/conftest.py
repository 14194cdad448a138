from collections.abc import Callable

import pytest

from higgs_challenge.experiments import Plan, Settings, make_plan


@pytest.fixture
def plan() -> Callable[..., Plan]:
    """Make a plan from settings, given by name where they are not the default."""
    return lambda **settings: make_plan(Settings(**settings))
