"""What containers are given, as pure functions: command, folders, rights, GPU."""

from pathlib import Path

import pytest

from higgs_challenge.errors import InputError
from higgs_tools.containers.local_worker import programs
from higgs_tools.containers.local_worker.programs import Container, Program, container_options
from tests.helpers.small_bundle import write_files

CAPABILITIES_OF_DOCKER = {
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW"),
    *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
}


def work_folder(folder: Path, command: str = "python3 /app/program/main.py --data /app/data") -> Path:
    metadata = f"command: {command}\n"
    return write_files(folder, {f"{kind}_program/metadata.yaml": metadata for kind in ("ingestion", "scoring")})


def test_ingestion_has_its_five_folders(tmp_path):
    work = work_folder(tmp_path)
    program = programs.ingestion(work, work / "mine", work / "prediction", Path("/big"))
    assert program.command == ("python3", "/app/program/main.py", "--data", "/app/data")
    assert container_options(program, Container("image:1"))["volumes"] == {
        str(work / "ingestion_program"): {"bind": "/app/program", "mode": "z"},
        str(work / "input_data"): {"bind": "/app/input_data", "mode": "z"},
        str(work / "mine"): {"bind": "/app/ingested_program", "mode": "z"},
        str(work / "prediction"): {"bind": "/app/output", "mode": "z"},
        "/big": {"bind": "/app/data", "mode": "ro"},
    }


def test_scoring_has_reference_and_results_under_input(tmp_path):
    work = work_folder(tmp_path)
    assert programs.scoring(work, work / "scores", None).mounts == {
        "/app/program": work / "scoring_program",
        "/app/input": work / "input",
        "/app/output": work / "scores",
        "/app/shared": work / "shared",
    }


def test_container_has_no_rights_and_no_network():
    options = container_options(Program("scoring", ("python3", "x"), {}), Container("image:1"))
    assert set(options["cap_drop"]) == CAPABILITIES_OF_DOCKER
    assert options["security_opt"] == ["no-new-privileges"]
    assert options["network_mode"] == "none"
    assert options["working_dir"] == "/app/program"
    assert options["device_requests"] == []
    assert "user" not in options


def test_gpu_is_one_cdi_request():
    options = container_options(Program("ingestion", (), {}), Container("image:1", gpu="nvidia.com/gpu=all"))
    (request,) = options["device_requests"]
    assert (request.driver, request.device_ids, request.count) == ("cdi", ["nvidia.com/gpu=all"], 0)


def test_network_and_user_are_passed_on():
    options = container_options(Program("ingestion", (), {}), Container("image:1", "bridge", user="1000:1000"))
    assert (options["network_mode"], options["user"]) == ("bridge", "1000:1000")


def test_command_is_split_at_each_space(tmp_path):
    work = work_folder(tmp_path, "python3  /app/program/main.py 'two words'")
    assert programs.read_command(work / "scoring_program") == ("python3", "", "/app/program/main.py", "'two", "words'")


@pytest.mark.parametrize(
    ("place", "folder"),
    [("/app/program/phase", "ingestion_program/phase"), ("/app/input_data", "input_data"), ("/app/program", "")],
)
def test_settings_lie_where_the_command_says(tmp_path, place, folder):
    work = work_folder(tmp_path, f"python3 /app/program/main.py --input {place} --data /app/data")
    assert programs.phase_folder(work) == work / (folder or "ingestion_program")


@pytest.mark.parametrize("words", ["", " --input /app/data", " --input"])
def test_a_command_without_settings_is_reported(tmp_path, words):
    with pytest.raises(InputError, match=r"command has no --input with its settings: run all of the phase"):
        programs.phase_folder(work_folder(tmp_path, f"python3 /app/program/main.py{words}"))


@pytest.mark.parametrize("metadata", ["", "command:", "- command", "command: [", "command: 3"])
def test_program_without_command_is_reported(tmp_path, metadata):
    write_files(tmp_path, {"scoring_program/metadata.yaml": metadata})
    with pytest.raises(InputError, match=r"metadata.yaml in the bundle's scoring_program is not YAML with a command"):
        programs.scoring(tmp_path, tmp_path, None)


def test_program_without_metadata_is_reported(tmp_path):
    write_files(tmp_path, {"scoring_program/main.py": ""})
    with pytest.raises(InputError, match=r"scoring_program has no metadata.yaml"):
        programs.scoring(tmp_path, tmp_path, None)
