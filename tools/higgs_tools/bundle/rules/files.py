"""Rules for the files that competition.yaml names: they are in the bundle, pages are text, the logo is a picture."""

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from PIL import Image, UnidentifiedImageError

from higgs_tools.bundle.competition_file import Competition
from higgs_tools.bundle.rules.findings import Problem, in_competition
from higgs_tools.bundle.rules.zip_members import megabytes

PAGE_LIMIT = 1_000_000
"""Bytes above which a page is surely a mistake; Codabench sends all pages with each view of the competition."""

BUNDLE_LIMIT = 1_000_000_000
"""Bytes of a bundle. Codabench unpacks it within an hour or never: with 1.6 GB it did not end (its issue 2304)."""

PLACEHOLDER = re.compile(r"\{\{|\{%")


def check_files(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Check that every file that competition.yaml names is in the bundle, under a relative name."""
    for name in sorted(competition.files()):
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            yield in_competition(f"{name} leads out of the bundle", "name it relative to competition.yaml")
        elif name not in files:
            yield in_competition(f"names {name}, which is not in the bundle", f"add {name} or correct the name")


def warn_files(competition: Competition, names: Mapping[str, bytes]) -> Iterator[Problem]:
    """Warn of files that nobody looks at, and of what lies outside the bundle and could not be checked."""
    used = {PurePosixPath(name) for name in competition.files()}
    for name in names:
        if used.isdisjoint([PurePosixPath(name), *PurePosixPath(name).parents]):
            yield Problem(name, "is named nowhere in competition.yaml, so Codabench ignores it", "remove it or name it")
    for key in sorted(competition.sources() - competition.archives()):
        yield in_competition(
            f"names the dataset {key} on the platform, whose content could not be checked", "look at it there"
        )


def check_size(name: str, size: int) -> Iterator[Problem]:
    """Check that a bundle is small enough to be unpacked in time."""
    if size > BUNDLE_LIMIT:
        yield Problem(
            name,
            f"has {megabytes(size)}, more than {megabytes(BUNDLE_LIMIT)}, and Codabench may never finish unpacking it",
            "upload large data as datasets of their own and write their keys into competition.yaml",
        )


def check_texts(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Check that pages and terms hold text that is ready to be read."""
    for name in sorted(set(competition.texts()) & files.keys()):
        try:
            text = files[name].decode("utf-8")
        except UnicodeDecodeError as error:
            yield Problem(name, f"is not UTF-8 ({error})", "save it in UTF-8")
            continue
        if not text.strip():
            yield Problem(name, "is empty, and Codabench refuses a page without content", "write it")
        if found := PLACEHOLDER.search(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Problem(
                name,
                f"has a placeholder ({found.group()} in line {line}) that nobody will fill in",
                "render the page first; in a formula put a space between two braces",
            )


def warn_texts(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Warn of a page so large that it must be a mistake."""
    for name in sorted(set(competition.texts()) & files.keys()):
        if (size := len(files[name])) > PAGE_LIMIT:
            yield Problem(name, f"has {megabytes(size)}, much for a page", "link to large pictures, do not embed them")


def check_image(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Check that the logo is a whole picture that every browser shows: Codabench makes an icon of it with Pillow."""
    if competition.image not in files:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(files[competition.image]), formats=("PNG", "JPEG")) as image:
                image.load()
    except UnidentifiedImageError:
        yield Problem(competition.image, "is neither PNG nor JPEG", "save the logo as one of them")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        yield Problem(competition.image, f"cannot be shown ({error})", "save the logo anew, in a common size")
