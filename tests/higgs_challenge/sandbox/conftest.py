from collections.abc import Iterator
from pathlib import Path

import pytest

from higgs_challenge.submission.scratch import remove_tree
from tests.helpers.runs import Runs


@pytest.fixture
def run(tmp_path: Path, small_store: Path) -> Iterator[Runs]:
    yield Runs(tmp_path, small_store)
    remove_tree(tmp_path)  # what a failed test leaves may be deep, and large
