from collections.abc import Callable

import pytest

from higgs_challenge.experiments import Plan, Settings
from tests.helpers.plans import plan_of


@pytest.fixture
def plan() -> Callable[..., Plan]:
    """Make a plan from settings, given by name where they are not the default."""
    return lambda **settings: plan_of(Settings(**settings))
