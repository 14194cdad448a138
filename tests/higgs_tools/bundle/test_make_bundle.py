"""Packing stops at bad input with one sentence and exit code 2, and leaves nothing half-written."""

from pathlib import Path

import pytest

from higgs_tools.bundle import make_bundle
from higgs_tools.bundle.task_files import source_folders
from higgs_tools.checking.packing import pack
from tests.helpers.commands import call
from tests.helpers.zips import unzip


def run(project: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(project)
    return call("bundle", "--output", project / "build" / "bundle.zip")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


SPOILT = {
    "no competition.yaml": (
        lambda p: (p / "competition.yaml").unlink(),
        "competition.yaml; run this in the challenge",
    ),
    "not YAML": (lambda p: (p / "competition.yaml").write_text("pages: ["), "competition.yaml is not YAML"),
    "wrong value": (
        lambda p: replace(p / "competition.yaml", "submission_rule: Force_Last", "submission_rule: Last"),
        "submission_rule",
    ),
    "missing page": (lambda p: (p / "pages" / "data.md").unlink(), "names pages/data.md, which is not in the bundle"),
    "empty page": (lambda p: (p / "pages" / "data.md").write_text(""), "pages/data.md: is empty"),
    "key too long": (
        lambda p: replace(p / "competition.yaml", "key: rmse_error", "key: " + "q" * 37),
        "at most 36 characters",
    ),
    "overlap": (lambda p: replace(p / "competition.yaml", 'start: "2027-07-01', 'start: "2027-06-01'), "2027-06-01"),
    "missing settings": (
        lambda p: (p / "input_data/final/settings.yaml").unlink(),
        "input_data/final is missing or empty",
    ),
    "bad settings": (
        lambda p: replace(p / "input_data/final/settings.yaml", "num_of_sets: 20", "num_of_sets: -1"),
        "num_of_sets",
    ),
    "missing program": (
        lambda p: (p / "scoring_program/run_scoring.py").unlink(),
        "starts /app/program/run_scoring.py",
    ),
}


@pytest.mark.parametrize(("spoil", "expected"), SPOILT.values(), ids=SPOILT.keys())
def test_bad_input_stops_with_one_sentence(project, monkeypatch, capsys, spoil, expected):
    output = project / "build" / "bundle.zip"
    output.parent.mkdir()
    output.write_bytes(b"the bundle of yesterday")
    spoil(project)
    assert run(project, monkeypatch) == 2
    *progress, complaint = capsys.readouterr().err.strip().splitlines()
    assert expected in complaint
    assert all(line.startswith("Drawing the truth of ") for line in progress)
    assert output.read_bytes() == b"the bundle of yesterday"
    assert list(output.parent.iterdir()) == [output]


def test_what_programs_leave_behind_stays_out(project, monkeypatch, capsys):
    leftovers = ["__pycache__/model.pyc", ".ipynb_checkpoints/model.py", ".DS_Store", "trained_model.pt"]
    for name in leftovers:
        path = project / "sample_code_submission" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"leftover")
    assert run(project, monkeypatch) == 0
    solution = unzip(unzip((project / "build" / "bundle.zip").read_bytes())["sample_code_submission.zip"])
    assert "model.py" in solution
    assert not set(leftovers) & set(solution)
    assert "fresh seed" in capsys.readouterr().err


def test_the_library_travels_with_a_sample_that_imports_it(project, monkeypatch, capsys):
    sample = project / "sample_code_submission"
    (sample / "model.py").write_text("from higgs_inference import templates\n" + (sample / "model.py").read_text())
    assert run(project, monkeypatch) == 0
    solution = unzip(unzip((project / "build" / "bundle.zip").read_bytes())["sample_code_submission.zip"])
    pack(sample, project / "packed.zip")
    packed = unzip((project / "packed.zip").read_bytes())
    assert "higgs_inference/templates.py" in packed
    assert solution == {name: content for name, content in packed.items() if name != "trained_model.pt"}
    assert "sub-folder" not in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_refused_before_the_work(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    monkeypatch.setattr(make_bundle, "collect", lambda *arguments: pytest.fail("collected"))
    (project / "taken").write_text("a file")
    assert call("bundle", "--output", project / "taken" / "bundle.zip") == 2
    assert f"{project / 'taken'} is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["start: 2026-02-30", "[" * 100_000])
def test_yaml_that_cannot_be_read_is_reported(tmp_path, content):
    (tmp_path / "competition.yaml").write_text(content)
    with pytest.raises(make_bundle.InputError, match="is not YAML"):
        make_bundle.read_competition(tmp_path)


def test_a_task_brings_its_own_and_shares_the_rest(root, tmp_path):
    output = tmp_path / "bundle.zip"
    make_bundle.build(source_folders(root, "gaussian"), output)
    files = unzip(output.read_bytes())
    program = unzip(files["ingestion_program_feedback.zip"])
    assert "run_ingestion.py" in program
    assert b"task: gaussian" in program["phase/settings.yaml"]
    sample = unzip(files["sample_code_submission.zip"])
    assert set(sample) == {"model.py"}
    assert b"The optimal analysis of the toy" in sample["model.py"]
    assert b"shift" in unzip(files["reference_data_feedback.zip"])["true_nuisances.json"]
    assert b"Gaussians" in files["pages/overview.md"]
    assert files["pages/terms.md"]


def test_a_phase_without_settings_of_its_own_has_no_truth(tmp_path):
    with pytest.raises(make_bundle.InputError, match=r"has no settings\.yaml; the official seed is public"):
        make_bundle.truth_files(tmp_path)
