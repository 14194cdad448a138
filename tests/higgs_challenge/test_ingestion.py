"""A run from its command line to the files that it leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from higgs_challenge.execution.signature import sign
from higgs_challenge.experiments import load_settings
from higgs_challenge.tasks.higgs.events.nuisances import PRIORS
from tests.helpers.handmade import official_frame, physical_rows, write_official, write_store
from tests.helpers.ingestion import FILES, PROGRAM, SEED, SETTINGS, Ingest, names_in, read, results
from tests.helpers.plans import plan_of
from tests.helpers.tiny_submissions import model_source, write_submission


def test_the_program_runs_on_its_own(tmp_path: Path, phase: Path, counting: Path, small_store: Path) -> None:
    """From a folder that knows nothing of it, as the platform starts it, with the store in the input folder."""
    os.symlink(small_store, phase / "store")
    command = [sys.executable, PROGRAM / "run_ingestion.py", "--input", phase, "--submission", counting]
    ended = subprocess.run(
        [*command, "--output", tmp_path / "deep" / "output"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    assert names_in(tmp_path / "deep" / "output") == FILES
    assert "Fitted in" in ended.stdout
    assert "Predicting: 6 of 6 pseudo-experiments" in ended.stdout
    assert " left" in ended.stdout
    assert "Peak memory of the submission" in ended.stdout
    assert ended.stderr == ""


def test_help_explains_every_option() -> None:
    ended = subprocess.run(
        [sys.executable, PROGRAM / "run_ingestion.py", "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    plan = ("--num-of-sets", "--num-pseudo-experiments", "--random-seed")
    shifts = tuple(f"--systematics-{name.replace('_', '-')}" for name in PRIORS)
    for option in ("--input", "--submission", "--output", "--workers", "--data", *plan, *shifts):
        assert option in ended.stdout


def test_a_run_leaves_its_files(tmp_path: Path, counting: Path, ingest: Ingest) -> None:
    code, _ = ingest()
    output = tmp_path / "output"
    assert code == 0
    assert names_in(output) == FILES
    for number in (0, 1):
        content = read(output / f"result_{number}.json")
        assert set(content) == {"mu_hats", "delta_mu_hats", "p16", "p84", "predict_seconds"}
        assert all(len(values) == 3 for values in content.values())
        assert all(0 < seconds < 60 for seconds in content["predict_seconds"])
        widths = [p84 - p16 for p16, p84 in zip(content["p16"], content["p84"], strict=True)]
        assert widths == pytest.approx([0.5] * 3)
    duration = read(output / "ingestion_duration.json")
    assert list(duration) == ["ingestion_duration"]
    assert 0 < duration["ingestion_duration"] < 2
    lines = [json.loads(line) for line in (output / "journal.jsonl").read_text().splitlines()]
    assert [next(iter(line)) for line in lines] == ["run", "fit", *["result"] * 6]
    journal = [line["result"] for line in lines[2:]]
    assert {(entry["set_index"], entry["index"]) for entry in journal} == {(s, i) for s in range(2) for i in range(3)}
    for entry in journal:
        content = read(output / f"result_{entry['set_index']}.json")
        assert content["p16"][entry["index"]] == entry["interval"]["p16"]


def test_the_summary_says_how_but_not_the_truth(tmp_path: Path, counting: Path, phase: Path, ingest: Ingest) -> None:
    ingest()
    summary = read(tmp_path / "output" / "ingestion_summary.json")
    plan = plan_of(load_settings(phase / "settings.yaml"))
    assert summary["plan_fingerprint"] == plan.fingerprint
    assert summary["result_files"] == ["result_0.json", "result_1.json"]
    assert (summary["num_of_sets"], summary["num_pseudo_experiments"]) == (2, 3)
    assert (summary["workers"], summary["devices"], summary["engine"]) == (1, ["cpu"], "local")
    assert summary["isolation"]["level"] == "full"
    assert summary["processes_replaced"] == 0
    assert 10e6 < summary["peak_memory_bytes"] < 4e9
    assert summary["systematics"] == list(PRIORS)
    assert summary["data"] == "made by hand"
    assert set(summary["versions"]) == {"python", "numpy", "pandas", "numba"}
    for seconds in (summary["predict_seconds"], summary["outside_seconds"]):
        assert 0 < seconds["median"] <= seconds["p95"] <= seconds["max"]
    experiments = [plan.experiment(*key) for key in plan.keys()]  # noqa: SIM118
    secrets = [SEED, *plan.mus, *(experiment.nuisances.tes for experiment in experiments)]
    for name in FILES - {"result_0.json", "result_1.json"}:
        text = (tmp_path / "output" / name).read_text()
        assert not any(str(secret) in text for secret in secrets), name


def test_the_results_are_signed_with_the_plans_key(tmp_path: Path, counting: Path, phase: Path, ingest: Ingest) -> None:
    ingest()
    summary = read(tmp_path / "output" / "ingestion_summary.json")
    signature = summary.pop("signature")
    names = [*summary["result_files"], "ingestion_duration.json"]
    files = {name: (tmp_path / "output" / name).read_bytes() for name in names}
    key = plan_of(load_settings(phase / "settings.yaml")).signature_key
    assert signature == sign(key, summary, files)
    assert not any(key in (tmp_path / "output" / name).read_text() for name in FILES)


def test_workers_do_not_change_the_results(tmp_path: Path, counting: Path, ingest: Ingest) -> None:
    assert ingest("--workers", 1, output="one")[0] == 0
    assert ingest("--workers", 3, output="three")[0] == 0
    assert results(tmp_path / "one") == results(tmp_path / "three")
    assert read(tmp_path / "three" / "ingestion_summary.json")["workers"] == 3
    everything = [value for content in results(tmp_path / "one").values() for value in content["delta_mu_hats"]]
    assert len(set(everything)) == 6


def test_the_model_type_reaches_a_constructor_that_takes_it(tmp_path: Path, ingest: Ingest) -> None:
    answer = "dict(mu_hat=len(self.kind), delta_mu_hat=0.1, p16=0, p84=1)"
    source = model_source("self.kind = model_type", answer=answer)
    source = source.replace("systematics=None)", "systematics=None, model_type='none given')")
    write_submission(tmp_path / "submission", {"model.py": source})
    small = ("--num-of-sets", 1, "--num-pseudo-experiments", 1)
    for options, length in (((), 10), (("--model-type", "BDT"), 3)):
        assert ingest(*small, *options)[0] == 0
        assert read(tmp_path / "output" / "result_0.json")["mu_hats"] == [length]
    code, text = ingest(*small, "--model-type", "NN", "--resume")
    assert code == 2
    assert "belongs to a run with another model type, so it cannot go on" in text


def test_another_seed_gives_other_results(tmp_path: Path, counting: Path, ingest: Ingest) -> None:
    for seed in (1, 2):
        assert ingest("--random-seed", seed, output=str(seed))[0] == 0
    first, second = (results(tmp_path / str(seed)) for seed in (1, 2))
    assert all(first[name][key] != second[name][key] for name in first for key in ("mu_hats", "delta_mu_hats"))
    summaries = [read(tmp_path / str(seed) / "ingestion_summary.json") for seed in (1, 2)]
    assert summaries[0]["plan_fingerprint"] != summaries[1]["plan_fingerprint"]


def test_options_replace_settings(tmp_path: Path, counting: Path, ingest: Ingest) -> None:
    assert ingest("--num-of-sets", 1, "--num-pseudo-experiments", 2)[0] == 0
    assert names_in(tmp_path / "output") == FILES - {"result_1.json"}
    assert len(read(tmp_path / "output" / "result_0.json")["p16"]) == 2


@pytest.mark.parametrize(
    ("options", "active"),
    [
        ([], ["jes", "soft_met"]),
        (["--systematics-tes"], ["tes"]),
        (["--systematics-bkg-scale", "--systematics-jes"], ["jes", "bkg_scale"]),
    ],
)
@pytest.mark.parametrize("named", [list(PRIORS), ["tes", "ttbar_scale", "diboson_scale", "bkg_scale"]])
def test_given_nuisance_options_alone_act(
    tmp_path: Path, phase: Path, counting: Path, ingest: Ingest, options: list[str], active: list[str], named: list[str]
) -> None:
    chosen = {name: name in ("jes", "soft_met") for name in named}  # one that is not named acts
    (phase / "settings.yaml").write_text(f"{SETTINGS}systematics: {json.dumps(chosen)}\n")
    assert ingest(*options, "--num-of-sets", 1, "--num-pseudo-experiments", 1)[0] == 0
    summary = read(tmp_path / "output" / "ingestion_summary.json")
    assert summary["systematics"] == active
    acting = {name: name in active for name in PRIORS}
    overrides = {"num_of_sets": 1, "num_pseudo_experiments": 1, "systematics": acting}
    assert summary["plan_fingerprint"] == plan_of(load_settings(phase / "settings.yaml", overrides)).fingerprint


def test_a_small_store_is_reported(tmp_path: Path, counting: Path, small_store: Path, ingest: Ingest) -> None:
    assert "Warning" not in ingest()[1]
    assert read(tmp_path / "output" / "ingestion_summary.json")["warnings"] == []


def test_the_official_sample_runs_and_says_that_it_is_small(
    tmp_path: Path, counting: Path, ingest: Ingest, official_sample: Path
) -> None:
    """2 sets of 3 pseudo-experiments of a million events, out of 300 hidden ones."""
    code, text = ingest(data=official_sample)
    assert code == 0
    assert "Warning: the store hides only " in text
    assert "their coverage means little" in text
    found = results(tmp_path / "output")
    assert set(found) == {"result_0.json", "result_1.json"}
    assert all(900 < thousands < 1200 for content in found.values() for thousands in content["p16"])
    assert all(0 < value < 2000 for content in found.values() for values in content.values() for value in values)
    summary = read(tmp_path / "output" / "ingestion_summary.json")
    assert len(summary["warnings"]) >= 1
    assert summary["data"] == "FAIR_Universe_HiggsML_data.parquet (1000 rows)"


def test_an_official_file_without_settings_runs_with_the_official_ones(
    tmp_path: Path, counting: Path, ingest: Ingest
) -> None:
    folder = tmp_path / "official"
    write_official(folder, official_frame(2000))
    few = ("--num-of-sets", 1, "--num-pseudo-experiments", 1)
    assert ingest("--input", folder, *few, data=None)[0] == 0
    summary = read(tmp_path / "output" / "ingestion_summary.json")
    plan = plan_of(load_settings(None, {"num_of_sets": 1, "num_pseudo_experiments": 1}))
    assert summary["plan_fingerprint"] == plan.fingerprint
    assert summary["data"] == "FAIR_Universe_HiggsML_data.parquet (2000 rows)"


def test_a_process_without_hidden_events_is_reported_and_left_out(
    tmp_path: Path, counting: Path, ingest: Ingest, small_yields: dict[str, float]
) -> None:
    rng = np.random.default_rng(2)
    rows = {name: (physical_rows(rng, 3000), np.ones(3000, np.float32)) for name in ("ztautau", "ttbar", "diboson")}
    write_store(tmp_path / "no_signal", rows, rows, small_yields)
    code, text = ingest(data=tmp_path / "no_signal")
    assert code == 0, text
    assert "there is no hidden htautau event" in text


def test_a_terminated_run_leaves_no_process_and_no_scratch_folder(
    tmp_path: Path, phase: Path, small_store: Path
) -> None:
    predict = """
        import os, time
        open('pid', 'w').write(str(os.getpid()))
        time.sleep(600)
    """
    folder = write_submission(tmp_path / "submission", predict=predict)
    (tmp_path / "scratch").mkdir()
    command = [sys.executable, PROGRAM / "run_ingestion.py", "--input", phase, "--data", small_store, "--workers", "1"]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "scratch")}
    with subprocess.Popen([*command, "--submission", folder, "--output", tmp_path / "output"], env=environment) as run:
        deadline = time.monotonic() + 60
        pid_file = tmp_path / "output" / "unfinished" / "scratch" / "work" / "pid"
        while not pid_file.is_file() or not pid_file.read_text():
            assert time.monotonic() < deadline, "the submission was never asked"
            time.sleep(0.05)
        pid = int(pid_file.read_text())
        run.terminate()
        assert run.wait(timeout=30) == 128 + signal.SIGTERM
    assert not Path(f"/proc/{pid}").exists()
    assert list((tmp_path / "scratch").iterdir()) == []
