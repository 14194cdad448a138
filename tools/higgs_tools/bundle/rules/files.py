"""Rules for the files that competition.yaml names: they are in the bundle, pages are text, the logo is a picture."""

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from PIL import Image, UnidentifiedImageError

from higgs_tools.bundle.competition_file import Competition
from higgs_tools.bundle.rules.findings import Problem, and_more, in_competition
from higgs_tools.bundle.rules.zip_members import is_leftover, megabytes

PAGE_LIMIT = 1_000_000
"""Bytes above which a page is surely a mistake; Codabench sends all pages with each view of the competition."""

BUNDLE_LIMIT = 1_000_000_000
"""Bytes of a bundle. Codabench unpacks it within an hour or never: with 1.6 GB it did not end (its issue 2304)."""

PLACEHOLDER = re.compile(r"\{\{|\{%")
ICON_WIDTH = 100
PIXEL_LIMIT = 80_000_000
"""Pixels of a logo that is not unpacked here; Pillow itself warns of a little more."""

LOGO_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def check_files(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Check that every file that competition.yaml names is in the bundle, under a relative name."""
    for name in sorted(competition.files()):
        if name == ".":
            yield in_competition(
                "a file is named by nothing or a point, which Codabench takes for the whole bundle, truth included",
                "name the file or folder, or take the field out",
            )
        elif PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            yield in_competition(f"{name} leads out of the bundle", "name it relative to competition.yaml")
        elif name not in files:
            yield in_competition(f"names {name}, which is not in the bundle", _how_to_find(name, files))


def _how_to_find(name: str, files: Mapping[str, bytes]) -> str:
    for other in files:
        if "\\" in other and other.replace("\\", "/").startswith(name):
            return f"pack {other} with / in its name instead of \\"
        if other.casefold() == name.casefold():
            return f"write {other}: capitals differ"
    return f"add {name} or correct the name"


def warn_files(competition: Competition, names: Mapping[str, bytes]) -> Iterator[Problem]:
    """Warn of files that nobody looks at, and of what lies outside the bundle and could not be checked."""
    used = {PurePosixPath(name) for name in competition.files()}
    unused = [
        name
        for name in names
        if used.isdisjoint([PurePosixPath(name), *PurePosixPath(name).parents]) and not is_leftover(PurePosixPath(name))
    ]
    if unused:
        verb = "is" if len(unused) == 1 else "are"
        yield Problem(
            and_more(unused),
            f"{verb} named nowhere in competition.yaml, so Codabench ignores it",
            "remove it or name it",
        )
    keys = [("dataset", key) for key in competition.sources() - competition.archives()]
    keys += [("task", task.key) for task in competition.tasks if task.key]
    keys += [("solution", solution.key) for solution in competition.solutions or [] if solution.key]
    for kind, key in sorted(keys):
        yield in_competition(
            f"names the {kind} {key} on the platform, whose content could not be checked",
            "look at it there; on another platform it does not exist, and the upload fails",
        )


def warn_size(name: str, size: int) -> Iterator[Problem]:
    """Warn of a bundle so large that it may not be unpacked in time."""
    if size > BUNDLE_LIMIT:
        yield Problem(
            name,
            f"has {megabytes(size)}, more than {megabytes(BUNDLE_LIMIT)}, and Codabench may never finish unpacking it",
            "upload large data as datasets of their own and write their keys into competition.yaml",
        )


def check_texts(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Check that pages and terms hold text."""
    for name in sorted(set(competition.texts()) & files.keys()):
        try:
            files[name].decode("utf-8")
        except UnicodeDecodeError as error:
            yield Problem(name, f"is not UTF-8 ({error})", "save it in UTF-8")
        if not files[name]:
            yield Problem(name, "is empty, and Codabench refuses a page without content", "write it")


def warn_texts(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Warn of a page that shows nothing, is not ready to be read, or is so large that it must be a mistake."""
    for name in sorted(set(competition.texts()) & files.keys()):
        text = files[name].decode("utf-8", errors="replace")
        if text and not text.strip():
            yield Problem(name, "shows nothing", "write it")
        if found := PLACEHOLDER.search(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Problem(
                name,
                f"has a placeholder ({found.group()} in line {line}) that nobody will fill in",
                "render the page first; in a formula put a space between two braces",
            )
        if (size := len(files[name])) > PAGE_LIMIT:
            yield Problem(name, f"has {megabytes(size)}, much for a page", "link to large pictures, do not embed them")


def check_image(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Check that Codabench can make its icon of the logo: it opens the picture with Pillow and saves a PNG."""
    if competition.image is None or competition.image not in files:
        return
    try:
        with _open_logo(files[competition.image]) as image:
            if _pixels(image) <= PIXEL_LIMIT:
                icon = image.resize((ICON_WIDTH, int(ICON_WIDTH / image.width * image.height)))
                icon.save(io.BytesIO(), format="PNG")
    except UnidentifiedImageError:
        yield Problem(competition.image, "is neither PNG, JPEG, GIF nor WebP", "save the logo as one of them")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        yield Problem(
            competition.image, f"cannot be made an icon ({error})", "save the logo anew, in RGB and a common size"
        )


def warn_image(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Warn of a logo of so many pixels that it was not looked at."""
    if competition.image is None or competition.image not in files:
        return
    try:
        with _open_logo(files[competition.image]) as image:
            if (pixels := _pixels(image)) > PIXEL_LIMIT:
                yield Problem(competition.image, f"has {pixels / 1e6:.0f} million pixels", "make the logo smaller")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return  # check_image says so


def _open_logo(content: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(content), formats=LOGO_FORMATS)


def _pixels(image: Image.Image) -> int:
    return image.width * image.height
