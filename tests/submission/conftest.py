from pathlib import Path

import numpy as np
import pytest
from handmade import physical_rows

from higgs_challenge.events.transform import Floats, transform


@pytest.fixture(scope="session")
def training(small_store: Path) -> Path:
    return small_store / "training"


@pytest.fixture(scope="session")
def features() -> Floats:
    """The features of a small pseudo-experiment."""
    return transform(physical_rows(np.random.default_rng(11), 500))[0]
