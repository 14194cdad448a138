import os
from pathlib import Path

import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_challenge.tasks.higgs.events.transform import Floats, transform
from tests.helpers.handmade import physical_rows, write_store

OFFICIAL_SAMPLE = "HIGGS_OFFICIAL_SAMPLE"

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # torch is not imported yet; see submission.scratch.WAITING

SMALL_YIELDS = {"htautau": 150.0, "ztautau": 1500.0, "diboson": 100.0, "ttbar": 400.0}
"""Expected events of the small store; the real yields would make every pseudo-experiment a million events."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start modules with slow tests first, so that no process is left with a long one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def small_yields() -> dict[str, float]:
    return SMALL_YIELDS


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of random physical events with unequal weights, 20 hidden and 5 training rows per expected event."""
    rng = np.random.default_rng(20)

    def part(rows_per_event: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        numbers = {name: int(rows_per_event * SMALL_YIELDS[name]) for name in PROCESSES}
        return {
            name: (physical_rows(rng, n), rng.uniform(0.5, 1.5, n).astype(np.float32)) for name, n in numbers.items()
        }

    return write_store(tmp_path_factory.mktemp("data") / "store", part(20), part(5), SMALL_YIELDS)


@pytest.fixture(scope="session")
def training(small_store: Path) -> Path:
    """The folder that a submission's process may read."""
    return small_store / "training"


@pytest.fixture(scope="session")
def features() -> Floats:
    """The features of a small pseudo-experiment."""
    return transform(physical_rows(np.random.default_rng(11), 500))[0]


@pytest.fixture(scope="session")
def official_sample() -> Path:
    """The folder of a piece of the official file with its metadata."""
    folder = os.environ.get(OFFICIAL_SAMPLE)
    if not folder:
        pytest.skip(
            f"{OFFICIAL_SAMPLE} does not name a folder with FAIR_Universe_HiggsML_data.parquet and its metadata"
        )
    return Path(folder)
