import gc
import math
import mmap
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from higgs_challenge import Experiment, Nuisances, open_store
from higgs_challenge.execution import prefetcher as drawing
from higgs_challenge.execution.local import LocalEngine
from higgs_challenge.execution.prefetcher import Drawn, Prefetcher
from higgs_challenge.experiments.settings import Limits
from higgs_challenge.submission.event_file import EventFile
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import REQUIRED
from higgs_challenge.submission.scratch import make_scratch
from higgs_challenge.submission.slot import Slot
from higgs_challenge.task import Sampler
from higgs_challenge.tasks.higgs.declaration import StoredEvents
from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_challenge.tasks.higgs.sampler import draw_features
from tests.helpers.tiny_submissions import write_submission

Floats = npt.NDArray[np.float32]
SECONDS = 60.0
EXPERIMENTS = [Experiment(0, index, 1.0, Nuisances(soft_met=2.0), seed=4) for index in range(7)]


@pytest.fixture
def data(small_store: Path) -> StoredEvents:
    return StoredEvents.of(open_store(small_store))


def read(file: EventFile) -> Floats:
    size = file.events * len(FEATURES) * 4
    with mmap.mmap(file.handle, size, access=mmap.ACCESS_READ) as memory:
        return np.frombuffer(bytes(memory), np.float32).reshape(len(FEATURES), file.events)


def open_files() -> int:
    """How many memory files are open; what earlier tests left to the garbage collector is not among them."""
    gc.collect()
    links = (Path("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
    return sum(os.path.lexists(link) and os.readlink(link).startswith("/memfd:") for link in links)


@pytest.mark.parametrize("workers", [1, 3])
def test_every_pseudo_experiment_comes_once_with_its_own_events(data: StoredEvents, workers: int) -> None:
    found: dict[int, Floats] = {}

    def take(prefetcher: Prefetcher) -> None:
        for drawn in prefetcher:
            assert drawn.experiment.index not in found
            with drawn.file as file:
                found[drawn.experiment.index] = read(file)

    with Prefetcher(data, EXPERIMENTS, workers) as prefetcher, ThreadPoolExecutor(workers) as threads:
        list(threads.map(take, [prefetcher] * workers))
    assert set(found) == set(range(len(EXPERIMENTS)))
    for index, features in found.items():
        np.testing.assert_array_equal(features, draw_features(data.store, EXPERIMENTS[index]))


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[threading.Event]:
    """Whether each pseudo-experiment's drawing has begun."""
    events = [threading.Event() for _ in EXPERIMENTS]
    draw_events = drawing.draw_events

    def noting(sampler: Sampler, experiment: Experiment) -> Drawn:
        events[experiment.index].set()
        return draw_events(sampler, experiment)

    monkeypatch.setattr(drawing, "draw_events", noting)
    return events


def test_the_next_one_is_drawn_while_one_is_used_and_no_more(data: StoredEvents, begun: list[threading.Event]) -> None:
    with Prefetcher(data, EXPERIMENTS, 1) as prefetcher:
        taken: Iterator[Drawn] = iter(prefetcher)
        for index in range(3):
            with next(taken).file:
                assert begun[index + 1].wait(SECONDS)
                assert not begun[index + 2].wait(0.2)


def test_an_engine_draws_while_the_submission_works(
    data: StoredEvents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: dict[int, float] = {}
    draw_events = drawing.draw_events

    def noting(sampler: Sampler, experiment: Experiment) -> Drawn:
        begun[experiment.index] = time.monotonic()
        return draw_events(sampler, experiment)

    monkeypatch.setattr(drawing, "draw_events", noting)
    write_submission(
        tmp_path / "submission",
        predict="import time\ntime.sleep(0.5)\nnow = time.monotonic()",
        answer="dict(mu_hat=now / 1e6, delta_mu_hat=1, p16=0, p84=1)",  # no mu may be as large as a time
    )
    make_scratch(tmp_path / "unfinished" / "scratch", tmp_path / "submission")
    job = Job("higgs", data.folder, tmp_path / "unfinished", Limits(), (0.1, 3.0), secrets=(), isolation=REQUIRED)
    log = SubmissionLog(tmp_path / "submission.log")
    with LocalEngine(job, [Slot(None, 1)], 1, data, log) as engine:
        engine.fit(SECONDS)
        engine.start()
        answered = {result.index: 1e6 * result.interval.mu_hat for result in engine.evaluate(EXPERIMENTS[:3], math.inf)}
    log.close()
    assert begun[1] < answered[0] < begun[2] < answered[1]


def test_nothing_is_left_open_when_the_run_ends_early(data: StoredEvents) -> None:
    before = open_files()
    with Prefetcher(data, EXPERIMENTS, 2) as prefetcher:
        next(iter(prefetcher)).file.close()
    assert open_files() == before
    assert list(prefetcher) == []


def test_an_error_in_drawing_hides_no_other_and_leaves_nothing_open(
    data: StoredEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_events = drawing.draw_events

    def fail_once(sampler: Sampler, experiment: Experiment) -> Drawn:
        if experiment.index == 1:
            raise OSError("the store is gone")
        return draw_events(sampler, experiment)

    monkeypatch.setattr(drawing, "draw_events", fail_once)
    before = open_files()
    with pytest.raises(KeyboardInterrupt), Prefetcher(data, EXPERIMENTS, 4):
        raise KeyboardInterrupt
    assert open_files() == before


def test_an_error_in_drawing_reaches_the_one_who_waits(data: StoredEvents, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(sampler: Sampler, experiment: Experiment) -> Drawn:
        raise OSError("the store is gone")

    monkeypatch.setattr(drawing, "draw_events", fail)
    with Prefetcher(data, EXPERIMENTS[:1], 1) as prefetcher, pytest.raises(OSError, match="the store is gone"):
        next(iter(prefetcher))


def test_nobody_can_change_handed_over_events() -> None:
    features = np.arange(3 * len(FEATURES), dtype=np.float32).reshape(len(FEATURES), 3)
    with EventFile(features[:, :2]) as file:
        with pytest.raises(PermissionError):
            os.write(file.handle, b"x")
        for size in (0, 10_000):
            with pytest.raises(PermissionError):
                os.ftruncate(file.handle, size)
        with pytest.raises(PermissionError):
            mmap.mmap(file.handle, 0, access=mmap.ACCESS_WRITE)
        with mmap.mmap(file.handle, 0, access=mmap.ACCESS_COPY) as own:
            own[0] = 1
        np.testing.assert_array_equal(read(file), features[:, :2])


def test_events_that_cannot_be_written_leave_no_file_open() -> None:
    before = open_files()
    with pytest.raises(BufferError, match="contiguous"):
        EventFile(np.zeros((3, len(FEATURES)), dtype=np.float32).T)
    assert open_files() == before
