from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from handmade import physical_rows
from runs import Runs

from higgs_challenge.events.transform import Floats, transform
from higgs_challenge.submission.scratch import remove_tree


@pytest.fixture(scope="session")
def training(small_store: Path) -> Path:
    return small_store / "training"


@pytest.fixture(scope="session")
def features() -> Floats:
    """The features of a small pseudo-experiment."""
    return transform(physical_rows(np.random.default_rng(11), 500))[0]


@pytest.fixture
def run(tmp_path: Path, small_store: Path) -> Iterator[Runs]:
    yield Runs(tmp_path, small_store)
    remove_tree(tmp_path)  # what a failed test leaves may be deep, and large
