"""A run on a Dask cluster of separate processes: same results, whoever is killed, and nothing left behind."""

import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from higgs_challenge import open_store
from higgs_challenge.errors import InputError, SubmissionError
from higgs_challenge.execution import cluster as cluster_module
from higgs_challenge.execution import worker_pool as pool_module
from higgs_challenge.execution.cluster import connect
from higgs_challenge.execution.worker_pool import WorkerPool, find_versions
from higgs_challenge.experiments.settings import Limits
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.scratch import make_scratch
from higgs_challenge.tasks.higgs.declaration import StoredEvents
from tests.helpers.repository import ROOT
from tests.helpers.tiny_submissions import write_submission

pytestmark = [pytest.mark.dask, pytest.mark.slow]

PROGRAM = ROOT / "ingestion_program"
PATIENCE = 300.0
"""Seconds until something counts as hanging: compiling the simulation can take more than two minutes."""
SETS, EXPERIMENTS = 2, 6
NUMBERS = ("mu_hats", "delta_mu_hats", "p16", "p84")

ANSWERING = {
    "constructor": "self.train = get_train_set(train_size=500)",
    "fit": "print('fitting')\nself.width = len(self.train) / 1000",
    "answer": "dict(mu_hat=data['PRI_met'].mean(), delta_mu_hat=data['PRI_had_pt'].mean(), "
    "p16=len(data) / 1000, p84=len(data) / 1000 + self.width)",
}
FAST = {**ANSWERING, "predict": "data = test_set['data']\nprint('predicting')"}
SLOW = {**ANSWERING, "predict": "import time\ntime.sleep(0.3)\ndata = test_set['data']"}
"""Submissions whose answers tell the events that they were given."""

Ended = tuple[int, str]


class Cluster:
    """A scheduler and its workers, each a process of this machine; ended by process id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        wait_until(lambda: file.exists() and file.read_text().endswith("}"), "the scheduler tells no address")
        self.address = json.loads(file.read_text())["address"]

    def add_worker(self, threads: int = 1, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker; it joins when it is ready."""
        options = ("--no-nanny", "--no-dashboard", "--memory-limit", "0", "--local-directory", str(self._folder))
        worker = self._start("worker", self.address, "--nthreads", str(threads), *options, **environment)
        self.workers.append(worker)
        return worker

    def end(self) -> None:
        """End all processes, workers first."""
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()

    def _start(self, kind: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--host", "127.0.0.1", *options]
        environment = {**os.environ, "PYTHONPATH": str(PROGRAM), **environment}
        with (self._folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(command, env=environment, cwd=self._folder, stdout=log, stderr=log)


def wait_until(condition: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.25)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers."""
    cluster = Cluster(tmp_path_factory.mktemp("dask"))
    try:
        cluster.add_worker()
        cluster.add_worker()
        yield cluster
    finally:
        cluster.end()


class Runner:
    """Starts run_ingestion.py in processes of their own, on one phase and store."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.folder, self._store = folder, store
        (folder / "phase").mkdir()
        (folder / "phase" / "settings.yaml").write_text(
            f"num_of_sets: {SETS}\nnum_pseudo_experiments: {EXPERIMENTS}\nrandom_seed: 31\n"
        )
        self.output = folder / "output"

    def command(self, methods: dict[str, str], *options: str) -> list[str]:
        submission = write_submission(self.folder / "submission", **methods)
        places = ["--input", self.folder / "phase", "--data", self._store, "--submission", submission]
        return [str(part) for part in (PROGRAM / "run_ingestion.py", *places, "--output", self.output, *options)]

    def begin(self, methods: dict[str, str], *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, *self.command(methods, *options)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, methods: dict[str, str], *options: str) -> Ended:
        return self.finish(self.begin(methods, *options))

    def finish(self, run: subprocess.Popen[str]) -> Ended:
        with run:
            try:
                text, _ = run.communicate(timeout=PATIENCE)
            finally:
                run.kill()
        return run.returncode, text

    def results(self) -> list[dict[str, Any]]:
        contents = [json.loads((self.output / f"result_{number}.json").read_text()) for number in range(SETS)]
        return [{name: content[name] for name in NUMBERS} for content in contents]

    def summary(self) -> dict[str, Any]:
        return dict(json.loads((self.output / "ingestion_summary.json").read_text()))

    def finished(self) -> int:
        """How many pseudo-experiments the journal has."""
        journal = self.output / "journal.jsonl"
        return journal.read_text().count('{"result"') if journal.exists() else 0

    def processes(self) -> list[int]:
        """Processes of the submission: all that work in this run's folders."""
        found = []
        for process in psutil.process_iter():
            try:
                if Path(process.cwd()).is_relative_to(self.folder):
                    found.append(process.pid)
            except (psutil.Error, OSError):  # it has ended, or is another user's
                continue
        return found


@pytest.fixture
def runner(tmp_path: Path, small_store: Path) -> Runner:
    return Runner(tmp_path, small_store)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, small_store: Path) -> list[dict[str, Any]]:
    """What the local engine gives."""
    runner = Runner(tmp_path_factory.mktemp("local"), small_store)
    code, text = runner.run(FAST, "--workers", "1")
    assert code == 0, text
    return runner.results()


def on(cluster: Cluster) -> list[str]:
    return ["--engine", "dask", "--scheduler", cluster.address]


def test_a_cluster_gives_the_same_results(runner: Runner, cluster: Cluster, expected: list[dict[str, Any]]) -> None:
    code, text = runner.run(FAST, *on(cluster), "--check-order", "2")
    assert code == 0, text
    assert runner.results() == expected
    assert len({value for content in expected for value in content["mu_hats"]}) == SETS * EXPERIMENTS
    assert "distributed" not in text
    summary = runner.summary()
    assert (summary["engine"], summary["isolation"]["level"]) == ("dask", "full")
    assert summary["devices"] == ["cpu"] * summary["workers"]
    assert summary["workers"] in (1, 2)  # as many as had joined when it began
    assert summary["order_check"]["different"] == []
    log = (runner.output / "submission.log").read_text()
    assert log.count("fitting") == 1
    assert log.count("predicting") == SETS * EXPERIMENTS + 2
    assert not (runner.output / "unfinished").exists()
    assert runner.processes() == []


def test_a_cluster_makes_the_same_fresh_events(runner: Runner, cluster: Cluster) -> None:
    code, text = runner.run(FAST, "--fresh", "--workers", "1")
    assert code == 0, text
    expected = runner.results()
    code, text = runner.run(FAST, "--fresh", *on(cluster))
    assert code == 0, text
    assert runner.results() == expected
    assert runner.summary()["hidden_depth"] is None


def test_a_participants_mistake_ends_the_run(runner: Runner, cluster: Cluster) -> None:
    code, text = runner.run({"predict": "print('so far')\n1 / 0"}, *on(cluster))
    assert code == 2
    message = text[text.index("SubmissionError: Set ") :]
    assert ", pseudo-experiment " in message
    assert "predict failed: ZeroDivisionError: division by zero" in message
    assert 'File "model.py", line ' in message
    assert "dask" not in message
    assert "distributed" not in text
    assert not list(runner.output.glob("result_*.json"))
    assert "so far" in (runner.output / "submission.log").read_text()
    assert runner.processes() == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "closed"])
def test_a_worker_that_goes_is_survived(
    runner: Runner, cluster: Cluster, expected: list[dict[str, Any]], how: signal.Signals
) -> None:
    """It takes its submission's processes with it, which is not the submission's fault."""
    victim = cluster.add_worker(threads=2)
    wait_until(lambda: victim.pid in joined(cluster), "the worker does not join")
    run = runner.begin(SLOW, *on(cluster))
    wait_until(lambda: runner.finished() >= 1 or run.poll() is not None, "nothing is finished")
    children = [child for child in psutil.Process(victim.pid).children() if child.pid in runner.processes()]
    assert len(children) == 2
    assert runner.finished() < SETS * EXPERIMENTS / 2
    victim.send_signal(how)
    victim.wait(PATIENCE)
    psutil.wait_procs(children, timeout=5)
    assert not any(child.is_running() for child in children)
    code, text = runner.finish(run)
    assert code == 0, text
    assert runner.results() == expected
    assert runner.processes() == []


def joined(cluster: Cluster) -> list[int]:
    """Process ids of the workers that the scheduler has."""
    client = connect(cluster.address)
    try:
        return list(client.run(os.getpid).values())
    finally:
        client.close()


def test_a_killed_run_leaves_no_process_and_resumes(
    runner: Runner, cluster: Cluster, expected: list[dict[str, Any]]
) -> None:
    run = runner.begin(SLOW, *on(cluster))
    wait_until(lambda: runner.finished() >= 2 or run.poll() is not None, "nothing is finished")
    assert runner.processes() != []
    run.kill()
    runner.finish(run)
    wait_until(lambda: runner.processes() == [], "processes of a killed run are left")
    before = runner.finished()
    assert 2 <= before < SETS * EXPERIMENTS
    code, text = runner.run(SLOW, *on(cluster), "--resume")
    assert code == 0, text
    assert f"Resuming: fitted already, {before} pseudo-experiments are done." in text
    assert runner.results() == expected
    assert runner.processes() == []
    assert (runner.output / "submission.log").read_text().count("fitting") == 1


def test_a_scheduler_that_goes_ends_the_run_but_not_its_results(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "dask").mkdir()
    cluster = Cluster(tmp_path / "dask")
    try:
        cluster.add_worker()
        run = runner.begin(SLOW, *on(cluster))
        wait_until(lambda: runner.finished() >= 1 or run.poll() is not None, "nothing is finished")
        cluster.scheduler.kill()
        code, text = runner.finish(run)
        cluster.workers[0].wait(PATIENCE)
        assert code == 2
        assert f"InputError: The connection to the Dask scheduler {cluster.address} broke." in text
        assert "run the same command with --resume to continue" in text
        assert "Traceback" not in text
        assert runner.finished() >= 1
    finally:
        cluster.end()
    wait_until(lambda: runner.processes() == [], "processes are left")


def test_a_worker_without_the_program_is_reported(runner: Runner, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "broken" / "higgs_challenge").mkdir(parents=True)
    missing = "raise ModuleNotFoundError(\"No module named 'higgs_challenge'\")"
    (tmp_path / "broken" / "higgs_challenge" / "__init__.py").write_text(missing)
    worker = cluster.add_worker(PYTHONPATH=str(tmp_path / "broken"))
    wait_until(lambda: worker.pid in joined(cluster), "the worker does not join")
    try:
        code, text = runner.run(FAST, *on(cluster))
    finally:
        worker.kill()
        worker.wait()
    assert code == 2
    assert "must be able to import higgs_challenge (No module named 'higgs_challenge')" in text
    assert "Traceback" not in text


def test_a_scheduler_without_workers_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "WORKERS_SECONDS", 0.2)
    cluster = Cluster(tmp_path)
    try:
        client = connect(cluster.address)
        with pytest.raises(InputError, match=rf"{cluster.address} has no worker .* start some \(`dask worker tcp://"):
            cluster_module.wait_for_workers(client, cluster.address)
        client.close()
    finally:
        cluster.end()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "foo://127.0.0.1:1"])
def test_an_unreachable_scheduler_is_reported(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(cluster_module, "CONNECT_SECONDS", 0.5)
    with pytest.raises(InputError, match=f"No Dask scheduler answers at {address} .* Start one"):
        connect(address)


@pytest.fixture
def job(tmp_path: Path, small_store: Path) -> Job:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "journal.jsonl").touch()
    return Job("higgs", small_store, tmp_path / "output" / "unfinished", Limits(), (0.1, 3.0), (), "best-effort")


def versions_of(job: Job) -> dict[str, str]:
    assert job.data is not None
    return find_versions(StoredEvents.of(open_store(job.data)))


def test_files_that_a_worker_does_not_see_are_reported(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "SHARED_SECONDS", 0.1)
    pool = WorkerPool(job, versions_of(job), 2, "tcp://10.0.0.7:3 on node7")
    assert len(pool.inspect()) == 2
    (job.unfinished.parent / "journal.jsonl").unlink()
    sentence = "tcp://10.0.0.7:3 on node7 cannot write the output in .*output, which must be on a file system that all"
    with pytest.raises(InputError, match=sentence):
        pool.inspect()
    elsewhere = WorkerPool(
        Job("higgs", Path("/not/there"), job.unfinished, Limits(), (0.1, 3.0), (), "off"), {}, 1, "node7"
    )
    (job.unfinished.parent / "journal.jsonl").touch()
    with pytest.raises(InputError, match="node7 cannot see the data in /not/there, which must be on a file system"):
        elsewhere.inspect()


def test_other_versions_on_a_worker_are_reported(job: Job) -> None:
    pool = WorkerPool(job, {**versions_of(job), "numpy": "1.0"}, 1, "node7")
    with pytest.raises(InputError, match=r"node7 has numpy .*, not 1\.0\. Use the same environment everywhere"):
        pool.inspect()


def test_a_model_must_pickle(job: Job, tmp_path: Path) -> None:
    submission = write_submission(tmp_path / "submission", fit="import threading\nself.guard = threading.Lock()")
    make_scratch(job.scratch, submission)
    pool = WorkerPool(job, versions_of(job), 1, "node7")
    with pytest.raises(SubmissionError, match="guard does not pickle"):
        pool.fit(60.0)
    pool.close()


def test_fit_does_not_run_twice_in_one_folder(job: Job) -> None:
    job.unfinished.mkdir()
    (job.unfinished / "fit_began").touch()
    pool = WorkerPool(job, versions_of(job), 1, "node7")
    with pytest.raises(InputError, match="The Dask worker that ran fit has left"):
        pool.fit(60.0)
    pool.close()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--engine", "dask"), "--engine dask and --scheduler ADDRESS need each other"),
        (("--scheduler", "tcp://x:1"), "--engine dask and --scheduler ADDRESS need each other"),
        (("--engine", "dask", "--scheduler", "tcp://x:1", "--workers", "2"), "--workers is for this machine"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.setattr(sys, "argv", runner.command(FAST, *options))
    with pytest.raises(SystemExit, match="2"):
        runpy.run_path(str(PROGRAM / "run_ingestion.py"), run_name="__main__")
    assert sentence in capsys.readouterr().err


def test_dask_is_imported_only_where_it_is_asked_for() -> None:
    code = "import sys, higgs_challenge.ingestion; sys.exit('distributed' in sys.modules or 'dask' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(PROGRAM)}
    assert subprocess.run([sys.executable, "-c", code], env=environment, timeout=PATIENCE).returncode == 0
