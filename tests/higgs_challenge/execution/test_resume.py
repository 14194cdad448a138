"""A run that is killed, whenever and whatever is killed, and goes on to the same results.

On the toy, which starts at once; only data that have changed need events of files.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from higgs_challenge.execution.signature import sign
from higgs_challenge.experiments import load_settings
from tests.helpers.handmade import official_frame, write_official
from tests.helpers.plans import plan_of
from tests.helpers.repository import ROOT
from tests.helpers.tiny_submissions import write_submission

PROGRAM = ROOT / "ingestion_program" / "run_ingestion.py"
SETTINGS = "task: gaussian\nnum_of_sets: 3\nnum_pseudo_experiments: 8\nrandom_seed: 4711\n"
MAX_SECONDS = 120.0

REMEMBERING = {
    "fit": "import os, random\nself.path = os.path.abspath('fitted')\nopen(self.path, 'w').write(str(random.random()))",
    "predict": "import time\ntime.sleep(0.1)\ndata = test_set['data']\nvalue = float(open(self.path).read())",
    "answer": "dict(mu_hat=data.iloc[:, 0].mean(), delta_mu_hat=value, p16=0, p84=len(data) / 9)",
}
"""Its answers tell the events it was given, and which fit it comes from, in which no two runs agree."""


pytestmark = pytest.mark.slow


def prepare(folder: Path) -> Path:
    """Write phase and submission; outputs come beside them."""
    (folder / "phase").mkdir()
    (folder / "phase" / "settings.yaml").write_text(SETTINGS)
    write_submission(folder / "submission", **REMEMBERING)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with phase and submission."""
    return prepare(tmp_path)


@dataclass(frozen=True)
class Finished:
    """A run that nothing disturbed."""

    output: Path
    seconds: float


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A finished run, to be compared with or copied."""
    folder = prepare(tmp_path_factory.mktemp("undisturbed"))
    began = time.monotonic()
    ended = run(folder, "output")
    assert ended.returncode == 0, ended.stderr
    return Finished(folder / "output", time.monotonic() - began)


@pytest.fixture(scope="module")
def killed_early(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run that was killed after its first result, to be copied."""
    folder = prepare(tmp_path_factory.mktemp("killed"))
    with started(folder, "output") as process:
        wait_for_line(process, folder / "output" / "journal.jsonl", '{"result"')
        process.kill()
    return folder / "output"


def command(folder: Path, output: str, *options: object) -> list[str]:
    places = {"--input": folder / "phase", "--submission": folder / "submission", "--output": folder / output}
    named = [str(part) for pair in {**places, "--workers": 2}.items() for part in pair]
    return [sys.executable, str(PROGRAM), *named, *map(str, options)]


def run(folder: Path, output: str, *options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, output, *options), capture_output=True, text=True, timeout=MAX_SECONDS)


@contextmanager
def started(folder: Path, output: str, *options: str) -> Iterator[psutil.Popen]:
    """Start a run, and end it with its processes at the end whatever happens."""
    with (
        (folder / "printed").open("w") as printed,
        psutil.Popen(command(folder, output, *options), stdout=printed, stderr=printed) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def answers(output: Path) -> dict[str, dict[str, list[float]]]:
    """All result files but for the seconds."""
    contents = {path.name: json.loads(path.read_text()) for path in sorted(output.glob("result_*.json"))}
    return {
        name: {key: content[key] for key in content if key != "predict_seconds"} for name, content in contents.items()
    }


def without_fit(results: dict[str, dict[str, list[float]]]) -> dict[str, dict[str, list[float]]]:
    """Results without what differs from fit to fit."""
    return {name: {key: values[key] for key in ("mu_hats", "p16", "p84")} for name, values in results.items()}


def submission_processes(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [child for child in process.children() if "higgs_challenge.submission.child_main" in child.cmdline()]
    except psutil.NoSuchProcess:
        return []


def wait_until_gone(processes: list[psutil.Process]) -> bool:
    gone, _ = psutil.wait_procs(processes, timeout=10.0)
    return len(gone) == len(processes) or all(
        not other.is_running() or other.status() == "zombie" for other in processes
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_killed_at_random_moments_goes_on_to_the_same_results(
    folder: Path, undisturbed: Finished, seed: int
) -> None:
    """kill -9 of the trusted side, again and again; its submission processes go with it, and no result is lost."""
    rng = random.Random(seed)
    kills, most_done = 0, 0
    for _ in range(6):
        with started(folder, "killed", "--resume") as process:
            try:
                process.wait(timeout=undisturbed.seconds * rng.uniform(0.05, 1.0))
            except psutil.TimeoutExpired:
                children = submission_processes(process)
                process.kill()
                process.wait()
                kills += 1
                assert wait_until_gone(children)
        done = read_if_there(folder / "killed" / "journal.jsonl").count('{"result"')
        assert done >= most_done
        most_done = done
    last = run(folder, "killed", "--resume")
    assert last.returncode == 0, last.stderr
    killed = answers(folder / "killed")
    assert kills >= 1
    assert without_fit(killed) == without_fit(answers(undisturbed.output))
    fits = {value for content in killed.values() for value in content["delta_mu_hats"]}
    assert len(fits) == 1  # whenever it was killed, all results come from one fit
    assert not (folder / "killed" / "unfinished").exists()


def test_a_submission_process_that_is_killed_is_replaced(folder: Path, undisturbed: Finished) -> None:
    rng = random.Random(3)
    kills = 0
    with started(folder, "killed") as process:
        while process.poll() is None and kills < 4:
            time.sleep(rng.uniform(0.05, 0.3))
            if '{"result"' not in read_if_there(folder / "killed" / "journal.jsonl"):
                continue
            for child in submission_processes(process)[:1]:
                child.kill()
                kills += 1
                time.sleep(1.5)  # time for the new one to answer something
        assert process.wait(timeout=MAX_SECONDS) == 0, (folder / "printed").read_text()
    assert without_fit(answers(folder / "killed")) == without_fit(answers(undisturbed.output))
    summary = json.loads((folder / "killed" / "ingestion_summary.json").read_text())
    assert 1 <= summary["processes_replaced"] <= kills
    assert "processes died and were replaced" in (folder / "printed").read_text()


def wait_for_line(process: psutil.Popen, path: Path, beginning: str) -> None:
    deadline = time.monotonic() + MAX_SECONDS
    while beginning not in read_if_there(path):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)


def read_if_there(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_a_process_that_dies_three_times_ends_the_run(folder: Path) -> None:
    write_submission(folder / "submission", predict="import os\nos._exit(3)")
    ended = run(folder, "output")
    assert ended.returncode == 2
    assert "SubmissionError: Set " in ended.stderr
    assert "predict ended the submission's process (exit code 3). This happened 3 times in a row." in ended.stderr


def test_a_finished_run_resumed_writes_the_same_again(folder: Path, undisturbed: Finished) -> None:
    shutil.copytree(undisturbed.output, folder / "output")
    again = run(folder, "output", "--resume", "--check-order", "1")
    assert again.returncode == 0, again.stderr
    assert "Warning: the order was not checked: the run had already finished" in again.stderr
    assert "Resuming: fitted already, 24 pseudo-experiments are done." in again.stdout
    assert answers(folder / "output") == answers(undisturbed.output)


@pytest.mark.parametrize("damage", ["cut", "removed"])
def test_a_run_whose_model_is_gone_begins_anew_and_says_so(folder: Path, killed_early: Path, damage: str) -> None:
    shutil.copytree(killed_early, folder / "output")
    model = folder / "output" / "unfinished" / "fitted_model"
    os.truncate(model, 50) if damage == "cut" else model.unlink()
    ended = run(folder, "output", "--resume")
    assert ended.returncode == 0, ended.stderr
    assert "The fitted model of the earlier run is gone or damaged: the submission is fitted again, and" in ended.stdout
    fits = {value for content in answers(folder / "output").values() for value in content["delta_mu_hats"]}
    assert len(fits) == 1


@pytest.mark.parametrize("changed", ["submission", "plan"])
def test_a_run_goes_on_only_as_the_same_run(folder: Path, undisturbed: Finished, changed: str) -> None:
    shutil.copytree(undisturbed.output, folder / "output")
    if changed == "submission":
        (folder / "submission" / "helper.py").write_text("x = 1\n")
    if changed == "plan":
        (folder / "phase" / "settings.yaml").write_text(SETTINGS.replace("4711", "4712"))
    ended = run(folder, "output", "--resume")
    assert ended.returncode == 2
    assert f"belongs to a run with another {changed}, so it cannot go on" in ended.stderr


def test_a_run_goes_on_only_on_the_same_data(folder: Path, small_store: Path, official_like: Path) -> None:
    (folder / "phase" / "settings.yaml").write_text(SETTINGS.replace("task: gaussian\n", ""))
    assert run(folder, "output", "--data", small_store).returncode == 0
    ended = run(folder, "output", "--data", official_like, "--resume")
    assert ended.returncode == 2
    assert "belongs to a run with another data, so it cannot go on" in ended.stderr


@pytest.fixture
def official_like(tmp_path: Path) -> Path:
    write_official(tmp_path / "other", official_frame(2000))
    return tmp_path / "other"


FULL_DISK = """
mount -t tmpfs -o size=8m none "$OUTPUT" || exit 77
fill() {
  until grep -qs '{"result"' "$OUTPUT/journal.jsonl"; do sleep 0.02; done
  cat /dev/zero > "$OUTPUT/filler"
}
fill 2>/dev/null &
"$@"
echo "first: $?" >&2
wait
rm "$OUTPUT/filler"
"$@" --resume
echo "second: $?" >&2
cp "$OUTPUT"/result_*.json "$KEPT"
"""
"""Runs a command on a small disk of its own, which is filled once there is a result, and again with room."""


def test_a_full_disk_is_reported_in_one_sentence_and_loses_nothing(folder: Path, undisturbed: Finished) -> None:
    for name in ("full", "kept"):
        (folder / name).mkdir()
    alone = ["unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", FULL_DISK, "sh"]
    environment = {**os.environ, "OUTPUT": str(folder / "full"), "KEPT": str(folder / "kept")}
    ended = subprocess.run(
        [*alone, *command(folder, "full")], capture_output=True, text=True, timeout=300, env=environment
    )
    if ended.returncode == 77 or "unshare failed" in ended.stderr:
        pytest.skip(f"this machine lets nobody mount a small disk: {ended.stderr.strip()}")
    sentence = f"InputError: The output folder {folder / 'full'} cannot be written: No space left on device."
    told = [line for line in ended.stderr.splitlines() if line.startswith("InputError")]
    assert len(told) == 1, ended.stderr
    assert told[0].startswith(sentence)
    assert "first: 2\n" in ended.stderr
    assert "second: 0\n" in ended.stderr
    assert "Resuming: fitted already, " in ended.stdout
    assert without_fit(answers(folder / "kept")) == without_fit(answers(undisturbed.output))


def test_an_output_that_cannot_be_a_folder_is_reported(folder: Path) -> None:
    (folder / "output").write_text("a file")
    ended = run(folder, "output")
    assert ended.returncode == 2
    assert f"InputError: The output folder {folder / 'output'} cannot be written: " in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_two_runs_never_share_an_output(folder: Path) -> None:
    with started(folder, "output") as process:
        wait_for_line(process, folder / "output" / "journal.jsonl", '{"fit"')
        process.send_signal(signal.SIGSTOP)  # so that it does not end before the second has begun
        second = run(folder, "output")
        process.send_signal(signal.SIGCONT)
        assert second.returncode == 2
        assert "Another process is writing to " in second.stderr
        assert process.wait(timeout=MAX_SECONDS) == 0
    assert len(answers(folder / "output")) == 3


def test_an_interrupted_run_says_how_to_go_on(folder: Path) -> None:
    with started(folder, "output") as process:
        wait_for_line(process, folder / "output" / "journal.jsonl", '{"result"')
        children = submission_processes(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 1
    assert wait_until_gone(children)
    assert "run the same command with --resume to continue" in (folder / "printed").read_text()
    assert run(folder, "output", "--resume").returncode == 0
    summary = json.loads((folder / "output" / "ingestion_summary.json").read_text())
    signature, names = summary.pop("signature"), [*summary["result_files"], "ingestion_duration.json"]
    files = {name: (folder / "output" / name).read_bytes() for name in names}
    assert signature == sign(plan_of(load_settings(folder / "phase" / "settings.yaml")).signature_key, summary, files)
