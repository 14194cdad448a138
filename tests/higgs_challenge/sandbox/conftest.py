from collections.abc import Iterator
from pathlib import Path

import pytest

from higgs_challenge.submission.scratch import remove_tree
from tests.helpers.runs import Runs


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Runs]:
    """Runs of the toy, for what does not depend on the events."""
    yield Runs(tmp_path)
    remove_tree(tmp_path)  # what a failed test leaves may be deep, and large


@pytest.fixture
def higgs_run(tmp_path: Path, small_store: Path) -> Iterator[Runs]:
    """Runs on a store."""
    yield Runs(tmp_path, small_store)
    remove_tree(tmp_path)
