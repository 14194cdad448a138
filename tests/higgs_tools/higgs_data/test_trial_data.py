"""Data to try a submission on are made once, in the user's cache folder."""

from pathlib import Path

import numpy as np
import pytest

from higgs_challenge.tasks.higgs.data.store import open_store
from higgs_challenge.tasks.higgs.data.training import TrainingSet
from higgs_challenge.tasks.higgs.events import transform as transform_module
from higgs_tools.higgs_data import trial_data
from higgs_tools.higgs_data.compile_ahead import compile_transform
from higgs_tools.higgs_data.sizes import Size
from higgs_tools.higgs_data.trial_data import make_trial_data

ROWS = dict.fromkeys(("htautau", "ztautau", "diboson", "ttbar"), 20)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(trial_data.SIZES, "tiny", Size(hidden=ROWS, training=ROWS))
    return tmp_path / "higgs_challenge" / "tiny"


def test_the_data_are_a_store_that_is_made_once(cache: Path) -> None:
    assert make_trial_data() == cache
    assert [path.name for path in cache.iterdir()] == ["store"]  # no files of the official layout
    made = (cache / "store" / "hidden" / "part.json").stat().st_mtime_ns
    assert make_trial_data() == cache
    assert (cache / "store" / "hidden" / "part.json").stat().st_mtime_ns == made
    assert len(TrainingSet(cache / "store" / "training")) == 80


def test_a_store_of_another_version_is_replaced(cache: Path) -> None:
    make_trial_data()
    (cache / "store" / "hidden" / "part.json").write_text('{"format": 1}')
    make_trial_data()
    assert open_store(cache / "store").source.startswith("synthetic")


def test_what_is_compiled_meanwhile_is_what_reads_a_store(cache: Path) -> None:
    compile_transform()
    compiled = len(transform_module._transform.signatures)
    events = TrainingSet(make_trial_data() / "store" / "training")._events
    assert not events.flags.writeable
    transform_module.transform(np.asarray(events), select=False)
    assert len(transform_module._transform.signatures) == compiled
