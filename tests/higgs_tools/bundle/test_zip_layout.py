"""The layout of a zip is checked before anything in it is unpacked."""

import base64
import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from higgs_tools.bundle.rules import archives, zip_members
from higgs_tools.bundle.rules.files import BUNDLE_LIMIT
from higgs_tools.bundle.rules.whole_zip import UNPACKED_BUNDLE_LIMIT, inspect_zip
from higgs_tools.bundle.rules.zip_members import warn_members
from tests.helpers.zips import rezip, unzip

FOREIGN = """
version: 2
title: Somebody else's
image: logo.png
terms: terms.md
pages: [{title: Overview, file: terms.md}]
phases:
  - {index: 0, name: All, start: 2026-11-01, max_submissions_per_day: 5, max_submissions: 9, tasks: [0]}
tasks:
  - {index: 0, name: One, scoring_program: scoring/, reference_data: labels}
leaderboards:
  - {title: Results, key: main, columns: [{title: Accuracy, key: accuracy, index: 0, sorting: desc}]}
"""


def faults(content: bytes) -> list[str]:
    return [str(problem) for problem in inspect_zip("bundle.zip", io.BytesIO(content)).problems]


def told(content: bytes) -> list[str]:
    findings = inspect_zip("bundle.zip", io.BytesIO(content))
    assert findings.problems == ()
    return [str(warning) for warning in findings.warnings]


def add(name: str, content: bytes = b"x", **attributes: int) -> Callable[[ZipFile], None]:
    def change(bundle: ZipFile) -> None:
        member = ZipInfo(name)
        for attribute, value in attributes.items():
            setattr(member, attribute, value)
        bundle.writestr(member, content)

    return change


PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")

CHANGES = {
    "absolute": (add("/etc/passwd"), "holds /etc/passwd, which leads out"),
    "upwards": (add("a/../../b"), "holds a/../../b, which leads out"),
    "backslash": (add("a\\b.md"), "holds a\\b.md, whose \\ is no folder on the platform"),
    "drive": (add("C:/b.md"), "holds C:/b.md, which leads out"),
    "link": (add("link.md", external_attr=(stat.S_IFLNK | 0o777) << 16), "holds link.md, a symbolic link"),
    "resource fork": (add("__MACOSX/._logo.png"), "holds __MACOSX/._logo.png, which does not belong"),
    "hidden": (add(".DS_Store"), "holds .DS_Store, which does not belong"),
    "cases": (add("Logo.png"), "holds Logo.png and logo.png, which some file systems take for one"),
    "twice": (add("logo.png", PIXEL), "holds 2 different logo.png, and the last one counts"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_member_that_does_not_belong_is_a_warning(bundle, change, expected):
    content = io.BytesIO(bundle.read_bytes())
    with ZipFile(content, "a") as changed:
        change(changed)
    assert any(warning.startswith("bundle.zip: ") and expected in warning for warning in told(content.getvalue()))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_member_of_an_archive_in_the_bundle(files, change, expected):
    content = io.BytesIO(rezip({"logo.png": b"x"}))
    with ZipFile(content, "a") as changed:
        change(changed)
    warnings = told(rezip(files | {"public_data.zip": content.getvalue()}))
    assert any(warning.startswith("public_data.zip: ") and expected in warning for warning in warnings)


@pytest.mark.parametrize("archive", ["bundle.zip", "reference_data_final.zip", "scoring_program.zip"])
def test_an_encrypted_member(bundle, files, archive):
    content = bundle.read_bytes() if archive == "bundle.zip" else files[archive]
    with ZipFile(io.BytesIO(content)) as opened:
        first = opened.infolist()[0].filename.encode()
        directory = opened.start_dir
    changed = bytearray(content)
    changed[changed.index(b"PK\1\2", directory) + 8] |= 1
    changed = bytes(changed) if archive == "bundle.zip" else rezip(files | {archive: bytes(changed)})
    assert f"{archive}: holds {first.decode()} encrypted, and no password can be given; pack it without one." in faults(
        changed
    )


def test_an_unknown_compression(bundle):
    content = bundle.read_bytes()
    with ZipFile(io.BytesIO(content)) as opened:
        directory = opened.start_dir
    changed = bytearray(content)
    changed[directory + 10] = 93  # zstandard
    assert any("packed by method 93" in fault for fault in faults(bytes(changed)))


@pytest.mark.parametrize("packed", [[50 * 10**6], [10**6] * 20])
def test_a_bomb_is_reported_by_its_headers(packed):
    bombs = [ZipInfo(f"zeros{number}") for number in range(len(packed))]
    for bomb, size in zip(bombs, packed, strict=True):
        bomb.CRC, bomb.compress_size, bomb.file_size = 0, size, 1000 * size
    (warning,) = warn_members("data.zip", bombs)
    assert warning.fault.startswith(f"unpacks from {sum(packed) / 1e6:.1f} MB to {sum(packed) / 1e6:.1f} GB")


def test_an_archive_that_is_a_bomb_is_not_unpacked(files, monkeypatch):
    monkeypatch.setattr(zip_members, "UNPACKED_LIMIT", 10**7)
    monkeypatch.setattr(
        ZipFile, "testzip", lambda archive: pytest.fail("unpacked") if "zeros" in archive.NameToInfo else None
    )
    bomb = io.BytesIO()
    with ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(10**7 + 1))
    assert any(
        warning.startswith("public_data.zip: unpacks from")
        for warning in told(rezip(files | {"public_data.zip": bomb.getvalue()}))
    )


def test_a_bundle_that_is_too_large_is_not_unpacked(bundle, monkeypatch):
    large = ZipInfo("competition.yaml")
    large.CRC, large.compress_size, large.file_size = 0, BUNDLE_LIMIT + 1, UNPACKED_BUNDLE_LIMIT + 1
    monkeypatch.setattr(ZipFile, "infolist", lambda archive: [large])
    monkeypatch.setattr(ZipFile, "read", lambda archive, member: pytest.fail("unpacked"))
    findings = inspect_zip("bundle.zip", bundle)
    assert [problem.fault for problem in findings.problems] == ["unpacks to 2.0 GB, more than 2.0 GB"]
    assert any("Codabench may never finish unpacking it" in warning.fault for warning in findings.warnings)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["bundle/competition.yaml"], "at its root but bundle/competition.yaml; pack what is in bundle, not bundle"),
        (
            ["competition.yml"],
            "holds no competition.yaml at its root but competition.yml; put competition.yaml at its root",
        ),
        (["model.py"], "holds no competition.yaml at its root; put"),
        ([], "holds no competition.yaml at its root; put"),
    ],
)
def test_competition_yaml_is_at_the_root(names, expected):
    (fault,) = faults(rezip(dict.fromkeys(names, b"x")))
    assert expected in fault


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"pages: [", "competition.yaml: is not YAML"),
        (b"start: 2026-02-30", "competition.yaml: is not YAML (day is out of range for month)"),
        (b"\xff", "competition.yaml: is not YAML ('utf-8' codec"),
        (b"[" * 10_000, "competition.yaml: is not YAML (maximum recursion depth"),
        (b"title: x", "competition.yaml: says no version 2"),
    ],
)
def test_competition_yaml_is_readable(content, expected):
    assert faults(rezip({"competition.yaml": content}))[0].startswith(expected)


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\5\6", b"PK\3\4" + bytes(50)])
def test_a_file_that_is_no_zip(content):
    (fault,) = faults(content)
    assert fault.startswith("bundle.zip: is not a zip that can be unpacked (")


def test_a_bundle_that_is_cut_or_damaged(bundle):
    content = bundle.read_bytes()
    for broken in (content[:-1000], content[:1000] + b"\xff" * 8 + content[1008:]):
        (fault,) = faults(broken)
        assert "is not a zip that can be unpacked" in fault


def foreign(root: Path, **changes: bytes) -> bytes:
    scoring = {
        "scoring/metadata.yaml": b"command: python3 score.py /app/input /app/output",
        "scoring/score.py": b"pass",
    }
    rest = {"logo.png": (root / "logo.png").read_bytes(), "terms.md": b"# Terms", "labels/sub.csv": b"1"}
    return rezip({"competition.yaml": FOREIGN.encode()} | scoring | rest | changes)


def test_a_bundle_of_somebody_else_with_folders(root):
    findings = inspect_zip("bundle.zip", io.BytesIO(foreign(root)))
    assert findings.problems == ()
    assert [warning.file for warning in findings.warnings] == ["metadata.yaml in scoring"]  # does not list its keys


def test_rules_look_into_folders(root):
    assert faults(foreign(root, **{"scoring/metadata.yaml": b"command: python3 gone.py"})) == [
        "metadata.yaml in scoring: starts gone.py, which is not in scoring; correct the name or add the file."
    ]


def test_a_copy_of_the_reference_data_of_somebody_else_is_a_warning(root):
    competition = FOREIGN.replace("{index: 0, name: All,", "{index: 0, name: All, starting_kit: kit,")
    content = foreign(root, **{"competition.yaml": competition.encode(), "kit/sample.csv": b"1"})
    findings = inspect_zip("bundle.zip", io.BytesIO(content))
    assert findings.problems == ()
    assert "kit: holds sample.csv, the same content" in str(findings.warnings[-1])


def test_a_huge_file_in_an_archive_is_not_read(root, monkeypatch):
    monkeypatch.setattr(archives, "READ_LIMIT", 10)
    assert any("has no command" in fault for fault in faults(foreign(root)))


def test_the_bundle_of_this_repository_passes(bundle):
    assert faults(bundle.read_bytes()) == []
    assert inspect_zip("bundle.zip", bundle).problems == ()
    assert "competition.yaml" in unzip(bundle.read_bytes())
