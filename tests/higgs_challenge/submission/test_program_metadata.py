"""Metadata in a submission are refused where the platform's worker would act on them, or fail."""

from pathlib import Path

import pytest

from higgs_challenge.submission.program_metadata import MAX_BYTES, find_metadata_problems


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metadata", "author: me\n"),
        ("metadata.yaml", "description: python3 model.py is no command\n"),
        ("metadata", "command:\n"),
        ("metadata", "command: ''\n"),
        ("metadata", "{}"),
        ("metadata.yml", "command: python3 model.py\n"),  # the worker looks for two names only
        ("a/b/metadata", "command: python3 model.py\n"),
    ],
)
def test_what_starts_nothing_is_allowed(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(content)
    assert find_metadata_problems(tmp_path) == []


COMMANDS = {
    "plain": b"command: python3 model.py",
    "written as a number": b'"\\x63ommand": python3 model.py',
    "the last of two": b"command: ''\ncommand: run",
    "merged": b"a: &a {command: run}\n<<: *a",
    "a number": b"command: 3",
}


@pytest.mark.parametrize("content", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("name", ["metadata", "mine/metadata.yaml"])
def test_a_command_is_found(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / name).write_bytes(content)
    (problem,) = find_metadata_problems(tmp_path)
    assert problem.startswith(f"{name}: it names a command")


UNREADABLE = {
    "no YAML": b"author: [",
    "a date that is none": b"when: 2024-13-45",
    "a tag of Python": b"command: !!python/object/apply:os.system [ls]",
    "UTF-16": "author: me".encode("utf-16"),
    "nothing": b"",
    "a list": b"- command",
    "nested too deep": b"[" * 50_000,
    "too long": b"#" * (MAX_BYTES + 1),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_the_worker_may_fail_on_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metadata").write_bytes(content)
    (problem,) = find_metadata_problems(tmp_path)
    assert problem.startswith("metadata: the platform would take it for a program's metadata, and fail")


def test_a_folder_and_a_link_count_as_unreadable(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata.yaml").symlink_to("/dev/zero")
    assert len(find_metadata_problems(tmp_path)) == 2
