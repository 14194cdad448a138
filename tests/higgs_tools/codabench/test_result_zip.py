"""Unpacking a zip of the platform, which may hold whatever a submission left."""

import io
import random
import zipfile
from pathlib import Path

import pytest

from higgs_challenge.errors import InputError
from higgs_tools.codabench import result_zip
from higgs_tools.codabench.result_zip import unpack_files
from tests.helpers.zips import rezip

WANTED = ("result_*.json", "ingestion_summary.json")


@pytest.fixture
def unpack(tmp_path: Path):
    """Unpack bytes, and return all files that there are then, below the folder's parent too."""

    def run(content: bytes) -> dict[str, bytes]:
        archive = tmp_path / "prediction_result.zip"
        archive.write_bytes(content)
        unpack_files(archive, WANTED, tmp_path / "results")
        archive.unlink()
        return {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    return run


def test_only_result_files_at_the_top_are_unpacked(unpack):
    strangers = [
        "../result_1.json",
        "/tmp/result_1.json",
        "lib/result_1.json",
        "result_\\..\\1.json",
        "result_/../1.json",
    ]
    strangers += ["C:result_1.json", "model.py", "journal.jsonl", "result_2.json/", "ingestion_summary.json.bak"]
    content = rezip({**dict.fromkeys(strangers, b"stranger"), "result_1.json": b"1", "ingestion_summary.json": b"2"})
    assert unpack(content) == {"results/result_1.json": b"1", "results/ingestion_summary.json": b"2"}


def test_a_link_is_a_file_that_names_its_target(unpack):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("result_1.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert unpack(buffer.getvalue()) == {"results/result_1.json": b"/etc/passwd"}


def packed(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_bomb_ends_at_the_limit(unpack, tmp_path, monkeypatch):
    monkeypatch.setattr(result_zip, "UNPACKED_LIMIT", 3_000_000)
    bomb = packed(("result_1.json", bytes(50_000_000)))
    assert len(bomb) < 100_000
    with pytest.raises(InputError, match="unpacks to more than"):
        unpack(bomb)
    assert (tmp_path / "results" / "result_1.json").stat().st_size <= 4_000_000


def test_many_empty_files_are_a_bomb_too(unpack, monkeypatch):
    monkeypatch.setattr(result_zip, "UNPACKED_LIMIT", 100_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        unpack(packed(*((f"result_{number}.json", b"") for number in range(50))))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice(unpack):
    with pytest.raises(InputError, match=r"prediction_result\.zip holds result_1\.json twice"):
        unpack(packed(("result_1.json", b"1"), ("result_1.json", b"2")))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_no_worker_uses(unpack, method):
    with pytest.raises(InputError, match="as the platform's workers make them"):
        unpack(packed(("result_1.json", b"1"), method=method))


NO_ZIPS = {
    "a page": b"<Error/>",
    "cut off": packed(("result_1.json", b"1"))[:-30],
    "a name that is no text": packed(("result_\N{GREEK SMALL LETTER MU}.json", b"1")).replace(b"\xce\xbc", b"\xff\xff"),
    "a place before its beginning": packed(("result_1.json", b"1")).replace(b";\0\0\0.\0\0\0", b";\0\0\0/\0\0\0"),
}


@pytest.mark.parametrize("content", NO_ZIPS.values(), ids=NO_ZIPS.keys())
def test_no_zip(unpack, content):
    with pytest.raises(InputError, match=r"prediction_result\.zip is not a readable zip"):
        unpack(content)


def test_a_damaged_zip_is_unpacked_or_refused(tmp_path):
    whole = packed(*((f"result_{number}.json", b"0123456789" * 20) for number in range(3)))
    archive, chance, refused = tmp_path / "prediction_result.zip", random.Random(1), 0
    for number in range(400):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        archive.write_bytes(content)
        try:
            unpack_files(archive, WANTED, tmp_path / str(number))
        except InputError:
            refused += 1
    assert 100 < refused < 400
