"""The process that a submission runs in: whose modules it sees, what it can do with the data, and what it leaves."""

import os
import time
from pathlib import Path

import pytest

from higgs_challenge import SubmissionError
from higgs_challenge.submission.answer import Interval
from higgs_challenge.submission.slot import Slot
from higgs_challenge.tasks.higgs.events.transform import Floats
from higgs_inference.intervals import MU_RANGE
from tests.helpers.tiny_submissions import LIMIT, ask, running, write_submission


def has_ended(pid: int) -> bool:
    """Tell whether a process is gone; one that nobody has waited for yet counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def printed(tmp_path: Path) -> str:
    return (tmp_path / "submission.log").read_text()


def test_a_submissions_own_modules_win(tmp_path: Path, training: Path) -> None:
    """Whatever ours or installed ones are called; sub-folders are packages."""
    files = {
        "utils.py": "WHERE = 'own utils'",
        "run_ingestion.py": "WHERE = 'own run_ingestion'",
        "hypothesis.py": "WHERE = 'own hypothesis'",
        "parts/__init__.py": "",
        "parts/deep.py": "from utils import WHERE as THERE\nWHERE = 'own sub-folder, ' + THERE",
        "bare/thing.py": "WHERE = 'own folder without __init__'",
    }
    fit = """
        import utils, run_ingestion, hypothesis, parts.deep, bare.thing
        print([module.WHERE for module in (utils, run_ingestion, hypothesis, parts.deep, bare.thing)])
    """
    folder = write_submission(tmp_path / "submission", files, fit=fit)
    with running(folder, training) as process:
        process.fit(LIMIT)
    expected = [
        "own utils",
        "own run_ingestion",
        "own hypothesis",
        "own sub-folder, own utils",
        "own folder without __init__",
    ]
    assert str(expected) in printed(tmp_path)


@pytest.mark.parametrize("carried", [True, False])
def test_the_library_is_the_carried_copy_or_the_installed_one(tmp_path: Path, training: Path, carried: bool) -> None:
    files = {"higgs_inference/__init__.py": "", "higgs_inference/intervals.py": "MU_RANGE = 'carried'"}
    fit = "from higgs_inference.intervals import MU_RANGE\nprint(MU_RANGE)"
    folder = write_submission(tmp_path / "submission", files if carried else {}, fit=fit)
    with running(folder, training) as process:
        process.fit(LIMIT)
    assert printed(tmp_path) == f"{'carried' if carried else MU_RANGE}\n"


def test_files_travel_with_a_submission(tmp_path: Path, training: Path) -> None:
    fit = "import os\nprint(open(os.path.join(os.path.dirname(__file__), 'weights', 'model.txt')).read())"
    folder = write_submission(tmp_path / "submission", {"weights/model.txt": "trained before"}, fit=fit)
    with running(folder, training) as process:
        process.fit(LIMIT)
    assert "trained before" in printed(tmp_path)


def test_the_working_directory_is_for_scratch_files(tmp_path: Path, training: Path, features: Floats) -> None:
    folder = write_submission(
        tmp_path / "submission", fit="open('kept.txt', 'w').write('1.5')", predict="x = float(open('kept.txt').read())"
    )
    with running(folder, training) as process:
        process.fit(LIMIT)
        ask(process, features, LIMIT)
    assert not (folder / "kept.txt").exists()
    assert (tmp_path / "scratch" / "work" / "kept.txt").exists()


def test_data_can_be_used_as_submissions_do(tmp_path: Path, training: Path, features: Floats) -> None:
    """Column order, to_numpy, assignment, systematics, get_train_set: in the field's ways."""
    constructor = """
        self.train = get_train_set(train_size=0.1)
        self.shifted = systematics(self.train, tes=1.02)
        assert list(self.train.columns[:16]) == list(test_columns[:16]) == list(self.shifted.columns[:16])
        assert list(self.train.columns[19:]) == list(test_columns[16:])
    """
    predict = """
        data, weights = test_set['data'], test_set['weights']
        assert list(data.columns) == list(test_columns)
        assert data.to_numpy().shape == (len(weights), 28) and data.to_numpy().dtype == 'float32'
        before = data['PRI_met'].mean()
        data['PRI_met'] *= 2
        data['mine'] = data.pop('PRI_lep_pt')
        data.loc[data['PRI_n_jets'] == 0, 'DER_mass_vis'] = 0.0
        weights *= 3.0
        assert abs(data['PRI_met'].mean() / before - 2) < 1e-4
        self.seen = float(before)
    """
    answer = "dict(mu_hat=self.seen, delta_mu_hat=weights.sum(), p16=0, p84=len(data))"
    folder = write_submission(tmp_path / "submission", constructor=constructor, predict=predict, answer=answer)
    text = (folder / "model.py").read_text()
    (folder / "model.py").write_text(
        f"from higgs_challenge.tasks.higgs.events.columns import FEATURES as test_columns\n{text}"
    )
    events = features.shape[1]
    with running(folder, training) as process:
        process.fit(LIMIT)
        first, second = (ask(process, features, LIMIT)[0] for _ in range(2))
    assert first == second  # what predict did to its data reached nobody else
    assert first == Interval(pytest.approx(float(features[14].mean()), rel=1e-4), 3.0 * events, 0.0, events)


def test_no_event_is_a_pseudo_experiment_too(tmp_path: Path, training: Path, features: Floats) -> None:
    folder = write_submission(tmp_path / "submission", predict="assert test_set['data'].shape == (0, 28)")
    with running(folder, training) as process:
        process.fit(LIMIT)
        assert ask(process, features[:, :0], LIMIT)[0].mu_hat == 1.0


FITTED = {
    "fit": "import helper\nself.scale = helper.Scale(7)",
    "answer": "dict(mu_hat=self.scale.value, delta_mu_hat=0, p16=0, p84=1)",
}


def test_a_fitted_model_moves_to_another_process(tmp_path: Path, training: Path, features: Floats) -> None:
    helper = {"helper.py": "class Scale:\n    def __init__(self, value):\n        self.value = value\n"}
    folder = write_submission(tmp_path / "submission", helper, **FITTED)
    with running(folder, training) as first, running(folder, training) as second:
        first.fit(LIMIT)
        model = first.dump(LIMIT)
        second.load(model)
        os.close(model)
        assert ask(first, features, LIMIT)[0] == ask(second, features, LIMIT)[0] == Interval(7.0, 0.0, 0.0, 1.0)


def test_a_model_that_does_not_pickle_names_the_attribute(tmp_path: Path, training: Path) -> None:
    fit = "import threading\nself.fine, self.guard = [1], threading.Lock()"
    folder = write_submission(tmp_path / "submission", fit=fit)
    with running(folder, training) as process:
        process.fit(LIMIT)
        with pytest.raises(SubmissionError) as caught:
            process.dump(LIMIT)
    text = str(caught.value)
    beginning = "pickling the model failed: The fitted model cannot be passed to other workers: guard does not pickle ("
    assert text.startswith(beginning)
    assert "cannot pickle '_thread.lock' object" in text
    assert text.endswith("Drop it at the end of fit, define __getstate__, or run one worker.")


def test_a_model_with_slots_that_does_not_pickle_is_reported_too(tmp_path: Path, training: Path) -> None:
    fit = "import threading\nself.guard = threading.Lock()"
    folder = write_submission(tmp_path / "submission", fit=fit)
    text = (folder / "model.py").read_text()
    (folder / "model.py").write_text(text.replace("class Model:\n", "class Model:\n    __slots__ = ('guard',)\n"))
    with running(folder, training) as process:
        process.fit(LIMIT)
        with pytest.raises(SubmissionError, match=r"cannot be passed to other workers: it does not pickle"):
            process.dump(LIMIT)


def test_nothing_that_a_submission_started_outlives_it(tmp_path: Path, training: Path) -> None:
    fit = """
        import os, subprocess
        child = subprocess.Popen(['sleep', '600'])
        open('pids', 'w').write(f'{os.getpid()} {child.pid}')
    """
    folder = write_submission(tmp_path / "submission", fit=fit)
    with running(folder, training) as process:
        process.fit(LIMIT)
        pids = [int(pid) for pid in (tmp_path / "scratch" / "work" / "pids").read_text().split()]
        assert len(pids) == 2
        assert not any(has_ended(pid) for pid in pids)
    deadline = time.monotonic() + 10.0
    while not all(has_ended(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert all(has_ended(pid) for pid in pids)


def test_a_process_ends_whatever_it_is_doing(tmp_path: Path, training: Path, features: Floats) -> None:
    predict = """
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open('pid', 'w').write(str(os.getpid()))
        time.sleep(600)
    """
    folder = write_submission(tmp_path / "submission", predict=predict)
    with running(folder, training) as process:
        process.fit(LIMIT)
        with pytest.raises(SubmissionError, match="predict took longer than its limit of 1 s"):
            ask(process, features, 1.0)
        pid = int((tmp_path / "scratch" / "work" / "pid").read_text())
    assert has_ended(pid)


def test_no_file_descriptor_is_left_open(tmp_path: Path, training: Path, features: Floats) -> None:
    folder = write_submission(tmp_path / "submission")
    before = set(os.listdir("/proc/self/fd"))
    with running(folder, training) as process:
        process.fit(LIMIT)
        os.close(process.dump(LIMIT))
        for _ in range(3):
            ask(process, features, LIMIT)
    assert set(os.listdir("/proc/self/fd")) <= before


def test_what_a_submission_prints_is_kept_but_not_without_end(tmp_path: Path, training: Path) -> None:
    fit = "import sys\nprint('to output')\nprint('to error', file=sys.stderr)\nprint('x' * 11_000_000)"
    folder = write_submission(tmp_path / "submission", fit=fit)
    with running(folder, training) as process:
        process.fit(LIMIT)
    text = printed(tmp_path)
    assert text.startswith("to output\nto error\nxxx")
    assert 9_900_000 < len(text) < 10_100_000
    assert text.endswith("[the log is full; what follows is not kept]\n")


POOLS = """
import concurrent.futures, joblib, multiprocessing, multiprocessing.pool
numbers = range(-3, 0)
with multiprocessing.Pool(2) as pool:
    print('pool', pool.map(abs, numbers))
with concurrent.futures.ProcessPoolExecutor(2) as pool:
    print('executor', list(pool.map(abs, numbers)))
with multiprocessing.pool.ThreadPool(2) as pool:
    print('threads', pool.map(abs, numbers))
print('joblib', joblib.effective_n_jobs(2), joblib.Parallel(n_jobs=2)(map(joblib.delayed(abs), numbers)))
queue = multiprocessing.Queue()
process = multiprocessing.Process(target=queue.put, args=(5,))
process.start()
print('queue', queue.get())
process.join()
"""


def test_pools_of_processes_and_threads_work_although_shared_memory_is_closed(tmp_path: Path, training: Path) -> None:
    folder = write_submission(tmp_path / "submission", fit=POOLS)
    with running(folder, training) as process:
        process.fit(LIMIT)
    expected = "pool [3, 2, 1]\nexecutor [3, 2, 1]\nthreads [3, 2, 1]\njoblib 2 [3, 2, 1]\nqueue 5\n"
    assert printed(tmp_path) == expected


def test_a_process_sees_its_own_device_and_threads(
    tmp_path: Path, training: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set before anything is imported, so that libraries take them."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3")
    constructor = """
        import os, numpy, sklearn, torch
        from threadpoolctl import threadpool_info
        print('seen', os.environ['CUDA_VISIBLE_DEVICES'], os.environ['OMP_NUM_THREADS'], torch.get_num_threads())
        print('waiting', os.environ['OMP_WAIT_POLICY'])
        print('pools', {pool['num_threads'] for pool in threadpool_info()})
    """
    folder = write_submission(tmp_path / "submission", constructor=constructor)
    with running(folder, training, Slot("GPU-7", 2)) as process:
        process.fit(LIMIT)
    assert "seen GPU-7 2 2\nwaiting passive\npools {2}\n" in printed(tmp_path)


def test_arrays_are_not_made_of_new_pages_each_time(tmp_path: Path, training: Path, features: Floats) -> None:
    """Fifty times five arrays of 800 kB are 50 000 pages."""
    predict = """
        import resource
        import numpy
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(50):
            [numpy.ones(100_000) for _ in range(5)]
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    """
    folder = write_submission(
        tmp_path / "submission", predict=predict, answer="{'mu_hat': 1, 'delta_mu_hat': 1, 'p16': 0, 'p84': faults}"
    )
    with running(folder, training) as process:
        process.fit(LIMIT)
        assert ask(process, features, LIMIT)[0].p84 < 2000
