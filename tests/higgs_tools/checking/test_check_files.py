"""What the check of a submission says about files, names and sources, without running anything."""

import stat
import zipfile
from pathlib import Path

import pytest

from higgs_challenge.errors import InputError, SubmissionError
from higgs_tools.checking.contract import check_contract
from higgs_tools.checking.findings import Finding, Level, Verdict, judge
from higgs_tools.checking.image import image_modules
from higgs_tools.checking.imports import check_imports
from higgs_tools.checking.packing import pack
from higgs_tools.checking.structure import check_structure
from higgs_tools.checking.submission_zip import Entry, Kind, list_folder, list_zip, open_zip, unpack
from tests.helpers.tiny_submissions import model_source, write_submission

RESERVED = ("result_*.json", "submission.log")
IMAGE = {"numpy": "numpy", "absent_module": "absent-distribution"}


def files(*names: str) -> list[Entry]:
    return [Entry(name, Kind.FILE, 10) for name in names]


def structure(entries: list[Entry], packed: bool = True, max_bytes: int = 1000) -> list[Finding]:
    return check_structure(entries, max_bytes, RESERVED, ["numpy"], packed)


def worst(findings: list[Finding]) -> Finding:
    return max(findings, key=lambda finding: list(Level).index(finding.level))


def test_metadata_of_a_program_are_told_as_they_were_found() -> None:
    (finding,) = check_structure(files("model.py"), 1000, RESERVED, ["numpy"], True, ["metadata: it names a command"])
    assert finding == Finding("files", Level.FAILURE, "metadata: it names a command", finding.remedy)
    assert "remove it" in finding.remedy


def test_a_flat_submission_is_fine() -> None:
    assert [finding.level for finding in structure(files("model.py", "net.py", "trained_model.pt"))] == [Level.OK]


@pytest.mark.parametrize(
    ("entries", "level", "text", "remedy"),
    [
        (files("net.py"), Level.FAILURE, "no model.py at the top", "name the file"),
        (files("Model.py"), Level.FAILURE, "no model.py at the top", "exactly this spelling"),
        (files("mine/model.py", "mine/net.py"), Level.FAILURE, "it is in mine/", "zip the files, not their folder"),
        (files("model.py", "parts/net.py"), Level.WARNING, "sub-folders (parts)", "beside model.py"),
        (files("model.py", "result_3.json"), Level.FAILURE, "result_3.json", "rename"),
        (files("model.py", "submission.log"), Level.FAILURE, "submission.log", "rename"),
        (files("model.py", "a/package/metadata"), Level.WARNING, "sub-folders (a)", "beside model.py"),
        (files("model.py", "__MACOSX/._model.py"), Level.WARNING, "__MACOSX/._model.py", "higgs-challenge pack"),
        (files("model.py", ".DS_Store", "__pycache__/a.pyc"), Level.WARNING, ".DS_Store", "higgs-challenge pack"),
        (files("model.py", "../evil.py"), Level.FAILURE, "../evil.py", "plain names"),
        (files("model.py", "/etc/evil"), Level.FAILURE, "/etc/evil", "plain names"),
        (files("model.py", "C:\\evil.py"), Level.FAILURE, "C:\\evil.py", "plain names"),
        ([*files("model.py"), Entry("net.py", Kind.LINK)], Level.FAILURE, "net.py (link)", "replace them"),
        ([*files("model.py"), Entry("a", Kind.ENCRYPTED)], Level.FAILURE, "a (encrypted file)", "unencrypted"),
        (files("model.py", "net.py", "net.py"), Level.FAILURE, "more than once: net.py", "higgs-challenge pack"),
        (files("model.py", "random.py"), Level.WARNING, "random (Python's)", "rename"),
        (files("model.py", "numpy.py"), Level.WARNING, "numpy (installed)", "rename"),
        ([*files("model.py"), Entry("big", Kind.FILE, 2000)], Level.FAILURE, "the limit is", "leave out"),
    ],
)
def test_files_that_would_not_run_are_reported(entries: list[Entry], level: Level, text: str, remedy: str) -> None:
    finding = worst(structure(entries))
    assert finding.level == level
    assert text in finding.text
    assert remedy in finding.remedy


def test_leftovers_in_a_folder_are_only_a_remark_for_packing_leaves_them_out() -> None:
    assert worst(structure(files("model.py", ".git/config"), packed=False)).level == Level.REMARK


def test_a_zip_is_listed_and_unpacked_without_its_tricks(tmp_path: Path) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.py", "x = 1")
        archive.writestr("../outside.py", "x = 1")
        link = zipfile.ZipInfo("link.py")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with open_zip(path) as opened:
        assert [entry.kind for entry in list_zip(opened)] == [Kind.FILE, Kind.FILE, Kind.LINK]
        (tmp_path / "in").mkdir()
        unpack(opened, tmp_path / "in", 1000)
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["model.py"]
    assert not (tmp_path / "outside.py").exists()


def test_a_zip_that_grows_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.py", b"\0" * 10_000_000)
    (tmp_path / "in").mkdir()
    with open_zip(tmp_path / "bomb.zip") as opened, pytest.raises(SubmissionError, match="exceed"):
        unpack(opened, tmp_path / "in", 1_000_000)


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("no zip")
    with pytest.raises(SubmissionError, match="not a readable zip"), open_zip(tmp_path / "a.zip"):
        pass


def test_packing_is_flat_clean_and_the_same_each_time(tmp_path: Path) -> None:
    folder = write_submission(
        tmp_path / "mine", {"net.py": "x = 1", ".hidden": "", "__pycache__/net.pyc": "", "trained_model.pt": "1"}
    )
    assert pack(folder, tmp_path / "a.zip") == ["model.py", "net.py", "trained_model.pt"]
    (folder / "net.py").touch()
    pack(folder, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with open_zip(tmp_path / "a.zip") as opened:
        assert [entry.name for entry in list_zip(opened)] == ["model.py", "net.py", "trained_model.pt"]


@pytest.mark.parametrize("change", ["link", "empty", "inside"])
def test_what_cannot_be_packed_leaves_no_zip(tmp_path: Path, change: str) -> None:
    folder = write_submission(tmp_path / "mine")
    target = (folder if change == "inside" else tmp_path) / "a.zip"
    if change == "link":
        (folder / "net.py").symlink_to("model.py")
    if change == "empty":
        (folder / "model.py").unlink()
    with pytest.raises(InputError if change == "inside" else SubmissionError):
        pack(folder, target)
    assert not target.exists()


def test_a_folder_is_listed_with_its_links(tmp_path: Path) -> None:
    folder = write_submission(tmp_path / "mine", {"parts/net.py": ""})
    (folder / "link").symlink_to("model.py")
    assert {(entry.name, entry.kind) for entry in list_folder(folder)} == {
        ("link", Kind.LINK),
        ("model.py", Kind.FILE),
        ("parts", Kind.FOLDER),
        ("parts/net.py", Kind.FILE),
    }


def imports_of(tmp_path: Path, text: str, **others: str) -> list[Finding]:
    write_submission(tmp_path / "mine", {"model.py": text, **{f"{name}.py": other for name, other in others.items()}})
    return check_imports(tmp_path / "mine", IMAGE)[0]


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        ("import math, numpy\nfrom net import x", Level.OK, "numpy"),
        (
            "import not_there",
            Level.FAILURE,
            "(model.py, line 1) is not on the platform, nor on this machine",
        ),
        ("import pytest", Level.FAILURE, "it is installed only here"),
        ("try:\n    import not_there\nexcept ImportError:\n    pass", Level.WARNING, "seems to have an alternative"),
        ("def f():\n    import not_there", Level.FAILURE, "line 2"),
        ("import tests", Level.FAILURE, "found here only because of"),
        ("from . import net", Level.FAILURE, "relative import"),
        ("import absent_module", Level.UNCHECKED, "which the platform has"),
        ("import (", Level.UNCHECKED, "model.py, line 1"),
        ("if __name__ == '__main__':\n    import not_there", Level.OK, ""),
    ],
)
def test_imports_are_compared_with_the_image(tmp_path: Path, text: str, level: Level, words: str) -> None:
    finding = worst(imports_of(tmp_path, text, net="import numpy"))
    assert finding.level == level
    assert words in finding.text
    assert finding.remedy or level == Level.OK


def test_a_package_that_the_image_may_have_comes_with_the_name_of_its_extra(tmp_path: Path) -> None:
    finding = worst(imports_of(tmp_path, "import nflows.flows"))
    assert finding.level == Level.FAILURE
    assert "nflows is in the image only where organisers build it with the extra deep-learning" in str(finding.remedy)


def test_imports_of_own_modules_count_and_those_of_other_files_do_not(tmp_path: Path) -> None:
    assert worst(imports_of(tmp_path, "import net", net="import not_there")).level == Level.FAILURE
    assert worst(imports_of(tmp_path / "b", "import math", train="import not_there")).level == Level.OK


def test_modules_in_sub_folders_are_the_submissions_own(tmp_path: Path) -> None:
    files = {"model.py": "from trainer import go", "lib/deep/trainer.py": "import not_there"}
    finding = worst(check_imports(write_submission(tmp_path / "mine", files), IMAGE)[0])
    assert finding.level == Level.FAILURE
    assert "not_there (lib/deep/trainer.py, line 1)" in finding.text


def test_modules_that_the_task_offers_are_there(tmp_path: Path) -> None:
    folder = write_submission(tmp_path / "mine", {"model.py": "from systematics import systematics"})
    assert worst(check_imports(folder, IMAGE)[0]).level == Level.FAILURE
    assert worst(check_imports(folder, IMAGE, ["systematics"])[0]).level == Level.OK


def test_a_module_that_is_missing_here_names_its_distribution(tmp_path: Path) -> None:
    finding = worst(imports_of(tmp_path, "import absent_module"))
    assert finding.remedy == "to try the submission here: pip install absent-distribution"


def test_the_image_is_what_the_package_requires_with_its_extra() -> None:
    modules = image_modules(["numpy", 'scikit-learn; extra == "image"', 'pytest; extra == "test"'])
    assert {"numpy", "sklearn", "joblib", "higgs_challenge", "higgs_inference"} <= set(modules)
    assert "pytest" not in modules
    assert image_modules(["numpy"]) == {}


GOOD = model_source()


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        (GOOD, Level.OK, "has __init__, fit and predict"),
        ("from net import Model", Level.OK, "gets Model from elsewhere"),
        ("class Model(Base):\n    pass", Level.OK, "has __init__"),
        ("x = 1", Level.FAILURE, "does not define class Model"),
        ("class Model:\n  def", Level.FAILURE, "not valid Python"),
        (GOOD.replace("predict", "forecast"), Level.FAILURE, "no method predict"),
        (GOOD.replace("get_train_set=None, ", ""), Level.FAILURE, "does not take get_train_set"),
        (GOOD.replace("(self, test_set)", "(self)"), Level.FAILURE, "predict is called with 1 arguments"),
        (GOOD.replace("fit(self)", "fit(self, data)"), Level.FAILURE, "fit is called with 0 arguments"),
        ("class Model:\n    def fit(self): pass\n    def predict(self, x): pass", Level.FAILURE, "no method __init__"),
    ],
)
def test_class_model_is_read_without_being_run(tmp_path: Path, text: str, level: Level, words: str) -> None:
    finding = check_contract(write_submission(tmp_path, {"model.py": text}))
    assert finding.level == level
    assert words in finding.text


@pytest.mark.parametrize(
    ("levels", "code", "word"),
    [
        ([Level.OK, Level.REMARK, Level.WARNING], 0, "READY"),
        ([Level.FAILURE, Level.UNCHECKED], 1, "NOT READY"),
        ([Level.OK, Level.UNCHECKED], 2, "UNDECIDED"),
    ],
)
def test_the_verdict_is_that_of_the_worst(levels: list[Level], code: int, word: str) -> None:
    verdict: Verdict = judge([Finding("fit", level, "") for level in levels], "mine")
    assert verdict.code == code
    assert verdict.text.startswith(word)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_source_in_another_encoding_is_named_with_the_remedy(tmp_path: Path, encoding: str) -> None:
    folder = write_submission(tmp_path / "mine")
    (folder / "model.py").write_bytes((model_source() + "# Poincaré\n").encode(encoding))
    findings, _ = check_imports(folder, IMAGE)
    assert findings[0].text == "a source file cannot be read (model.py is not a text in UTF-8)"
    assert check_contract(folder).text == "model.py is not a text in UTF-8"
    assert {finding.remedy for finding in [*findings, check_contract(folder)]} == {"save model.py in UTF-8"}


def test_a_source_that_declares_its_encoding_is_read(tmp_path: Path) -> None:
    folder = write_submission(tmp_path / "mine")
    (folder / "model.py").write_bytes(("# coding: latin-1\n# Poincaré\n" + model_source()).encode("latin-1"))
    assert check_contract(folder).level == Level.OK
