"""A submission that imports the project's library gets it packed, and the check says which copy runs."""

from pathlib import Path

import pytest

import higgs_inference
from higgs_challenge.errors import InputError
from higgs_tools.checking import library
from higgs_tools.checking.checker import opened
from higgs_tools.checking.findings import Finding, Level
from higgs_tools.checking.image import image_distributions, image_modules
from higgs_tools.checking.imports import find_imports
from higgs_tools.checking.library import LIBRARY, check_library
from higgs_tools.checking.packing import count_files, pack
from higgs_tools.checking.structure import check_structure
from tests.helpers.tiny_submissions import write_submission
from tests.helpers.zips import rezip, unzip

INSTALLED = Path(higgs_inference.__file__).parent
MODULES = {f"{LIBRARY}/{path.name}": path.read_bytes() for path in INSTALLED.glob("*.py")}
DIRECTLY = {"model.py": "from higgs_inference.intervals import MU_RANGE"}
IN_A_CIRCLE = {
    "model.py": "import steps",
    "steps/__init__.py": "from steps import one",
    "steps/one.py": "import steps.two",
    "steps/two.py": "import steps.one\nfrom higgs_inference import templates",
}
OWN = {f"{LIBRARY}/__init__.py": "MINE = True"}


def packed(tmp_path: Path, files: dict[str, str]) -> dict[str, bytes]:
    pack(write_submission(tmp_path / "mine", files), tmp_path / "mine.zip")
    return unzip((tmp_path / "mine.zip").read_bytes())


def checked(path: Path) -> list[Finding]:
    with opened(path, 10_000_000) as contents:
        return check_library(contents.folder, contents.added)


def as_zip(tmp_path: Path, files: dict[str, bytes]) -> Path:
    (tmp_path / "sent.zip").write_bytes(rezip(files))
    return tmp_path / "sent.zip"


@pytest.mark.parametrize("files", [DIRECTLY, IN_A_CIRCLE], ids=["directly", "in a circle"])
def test_a_submission_that_imports_the_library_gets_its_modules(tmp_path: Path, files: dict[str, str]) -> None:
    content = packed(tmp_path, files)
    assert len(MODULES) > 10
    assert content == MODULES | {name: text.encode() for name, text in files.items()}


@pytest.mark.parametrize(
    "files",
    [
        {"model.py": "import numpy", "train.py": "import higgs_inference"},
        {"model.py": "import not_higgs_inference, numpy.higgs_inference"},
        {"model.py": "import higgs_inference", "higgs_inference.py": "MINE = True"},
        {"model.py": "import higgs_inference\nimport ("},
        {"net.py": "import higgs_inference", "model.py": ""},
    ],
    ids=["only a script does", "other names", "a module of that name", "not Python", "nothing imports it"],
)
def test_any_other_submission_gets_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    assert set(packed(tmp_path, files)) == set(files)


def test_a_folder_without_a_model_is_packed_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "net.py").write_text("import higgs_inference")
    assert pack(tmp_path / "mine", tmp_path / "mine.zip") == ["net.py"]


def test_an_own_copy_is_packed_as_it_is(tmp_path: Path) -> None:
    content = packed(tmp_path, DIRECTLY | OWN)
    assert {name: text for name, text in content.items() if name in MODULES} == {
        name: text.encode() for name, text in OWN.items()
    }


def test_the_same_files_give_the_same_zip_wherever_the_library_comes_from(tmp_path: Path) -> None:
    packed(tmp_path, DIRECTLY)
    copy = {name: content.decode() for name, content in MODULES.items()}
    packed(tmp_path / "with", copy | DIRECTLY)
    assert (tmp_path / "mine.zip").read_bytes() == (tmp_path / "with" / "mine.zip").read_bytes()


def test_what_an_editor_left_in_the_installed_library_stays_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (f"{LIBRARY}/__init__.py", f"{LIBRARY}/fits.py", f"{LIBRARY}/deep/more.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("")
    (tmp_path / LIBRARY / ".#fits.py").symlink_to("nowhere")
    (tmp_path / LIBRARY / "notes.txt").write_text("")
    monkeypatch.setattr(library.importlib.util, "find_spec", lambda name: Found(str(tmp_path / name / "__init__.py")))
    assert list(library.installed_modules()) == [
        f"{LIBRARY}/{name}" for name in ("__init__.py", "deep/more.py", "fits.py")
    ]


class Found:
    def __init__(self, origin: str) -> None:
        self.origin = origin


def test_without_the_library_a_submission_that_needs_it_is_not_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "LIBRARY", "not_there")
    with pytest.raises(InputError, match="not_there is not installed here"):
        packed(tmp_path, {"model.py": "import not_there"})
    assert not (tmp_path / "mine.zip").exists()


def test_what_was_packed_is_counted_apart() -> None:
    assert count_files(["model.py"]) == "1 file"
    assert count_files(["model.py", "a.py", *MODULES]) == f"2 files, and {LIBRARY} with {len(MODULES)}"


def test_a_folder_is_checked_with_what_packing_adds(tmp_path: Path) -> None:
    folder = write_submission(tmp_path / "mine", DIRECTLY)
    with opened(folder, 10_000_000) as contents:
        (finding,) = check_library(contents.folder, contents.added)
        found = {path.relative_to(contents.folder).as_posix() for path in contents.folder.rglob("*.py")}
        assert found == {"model.py", *MODULES}
        assert "iminuit" in {one.module for one in find_imports(contents.folder)}
    assert finding == Finding("library", Level.OK, "`higgs-challenge pack` puts higgs_inference into the zip")
    assert [path.name for path in folder.iterdir()] == ["model.py"]


MODEL = {"model.py": b"import higgs_inference"}
OTHER = MODULES | {f"{LIBRARY}/intervals.py": b"changed"}
FEWER = {name: content for name, content in MODULES.items() if "workspace" not in name}


@pytest.mark.parametrize(
    ("files", "level", "text"),
    [
        (MODULES, Level.OK, "carries higgs_inference as it is installed here"),
        (
            OTHER,
            Level.REMARK,
            "carries another version of higgs_inference than the one installed here; its own is what",
        ),
        (
            FEWER,
            Level.REMARK,
            "carries another version of higgs_inference than the one installed here; its own is what",
        ),
        ({}, Level.WARNING, "imported and not in the zip, so the platform's runs, which may be another version"),
    ],
    ids=["installed", "changed", "one module less", "none"],
)
def test_a_zip_s_copy_is_compared_with_the_installed_one(
    tmp_path: Path, files: dict[str, bytes], level: Level, text: str
) -> None:
    (finding,) = checked(as_zip(tmp_path, MODEL | files))
    assert finding.level == level
    assert text in finding.text
    assert ("higgs-challenge pack" in finding.remedy) == (level == Level.WARNING)


@pytest.mark.parametrize("files", [{"model.py": b"import numpy"}, MODEL | {"higgs_inference.py": b""}])
def test_of_a_submission_that_does_not_use_the_library_nothing_is_said(tmp_path: Path, files: dict[str, bytes]) -> None:
    assert checked(as_zip(tmp_path, files)) == []


def test_a_changed_copy_in_a_folder_is_told(tmp_path: Path) -> None:
    (finding,) = checked(write_submission(tmp_path / "mine", DIRECTLY | OWN))
    assert finding.level == Level.REMARK


def test_a_module_that_would_be_replaced_at_the_top_is_a_warning(tmp_path: Path) -> None:
    files = {"__init__.py": b"", "templates.py": b"", "classifier.py": b""}
    ok, clash = checked(as_zip(tmp_path, MODEL | MODULES | files))
    assert (ok.level, clash.level) == (Level.OK, Level.WARNING)
    assert clash.text.startswith("templates.py: higgs_inference has a module of that name")
    assert clash.remedy == "rename the submission's"


def test_the_library_s_folder_is_no_sub_folder_to_warn_of(tmp_path: Path) -> None:
    taken = [module for module, home in image_modules().items() if home in set(image_distributions())]
    assert "numpy" in taken

    def said(*names: str) -> list[str]:
        with opened(as_zip(tmp_path, MODEL | MODULES | dict.fromkeys(names, b"")), 10_000_000) as contents:
            return [one.text for one in check_structure(contents.entries, 10_000_000, (), taken, True)][1:]

    assert said() == []
    (warning,) = said("parts/net.py")
    assert warning.startswith("sub-folders (parts): ")


def test_hidden_folders_are_not_searched_for_imports(tmp_path: Path) -> None:
    files = {"model.py": "import net", ".venv/net.py": "import not_there", "__pycache__/net.py": "import not_there"}
    assert [one.module for one in find_imports(write_submission(tmp_path / "mine", files))] == ["net"]
