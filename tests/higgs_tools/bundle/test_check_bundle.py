"""The command that checks a bundle: what it prints, and its exit code."""

import pytest

from higgs_challenge.number_formats import count
from higgs_tools.bundle import make_bundle
from tests.helpers.commands import call, start
from tests.helpers.zips import rezip, unzip


def test_a_fresh_bundle_passes_with_warnings(bundle, capsys):
    assert call("check-bundle", bundle) == 0
    shown = capsys.readouterr()
    *warnings, last = shown.out.splitlines()
    assert last.endswith(f"nothing that Codabench would refuse, {count(len(warnings), 'warning')}")
    assert all(line.startswith("warning: ") for line in warnings)
    assert sum("published random_seed" in line for line in warnings) == 2
    assert shown.err == ""


def test_problems_end_with_exit_code_two(bundle, tmp_path, capsys):
    files = unzip(bundle.read_bytes())
    del files["pages/data.md"]
    broken = tmp_path / "broken.zip"
    broken.write_bytes(rezip(files))
    assert call("check-bundle", broken) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("problem: competition.yaml: names pages/data.md, which is not in the bundle; add ")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("gone.zip", None, "gone.zip; run make bundle, or name another zip."),
        (
            "text.zip",
            b"no zip",
            "text.zip: is not a zip that can be unpacked (File is not a zip file); pack",
        ),
        (".", None, "is a folder; name the zip that is to be uploaded."),
    ],
)
def test_what_cannot_be_checked_is_one_sentence(tmp_path, capsys, name, content, expected):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert call("check-bundle", tmp_path / name) == 2
    shown = capsys.readouterr()
    (line,) = shown.err.splitlines()
    assert expected in line
    assert shown.out == ""


def test_names_in_a_zip_do_not_command_the_terminal(tmp_path, capsys):
    hostile = tmp_path / "hostile.zip"
    hostile.write_bytes(rezip({"competition.yaml": b"x", ".\x1b]0;owned\x07": b"x"}))
    assert call("check-bundle", hostile) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_as_a_program(tmp_path):
    helped = start("check-bundle", "--help")
    assert helped.returncode == 0
    assert "with the rules of Codabench" in helped.stdout
    missing = start("check-bundle", tmp_path / "x")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "Traceback" not in missing.stderr


def test_what_the_check_refuses_is_not_packed(project):
    (project / "pages" / "data.md").write_text("")
    with pytest.raises(make_bundle.InputError, match=r"pages/data.md: is empty"):
        make_bundle.build([project], project / "build" / "bundle.zip")
    assert not (project / "build").exists()
