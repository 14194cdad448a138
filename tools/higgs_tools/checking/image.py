"""What the platform's image contains: the package's requirements and those of its extra `image`, with dependencies.

The only list is in pyproject.toml: the image is built from it, and the installed package's metadata contain it.
"""

import importlib.metadata
from collections.abc import Iterable, Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = "higgs-uncertainty-challenge"
EXTRA = "image"
IMPORTED_AS = {
    "higgsml": ("HiggsML",),
    "pillow": ("PIL",),
    "pyyaml": ("yaml",),
    "scikit-learn": ("sklearn",),
    "xgboost-cpu": ("xgboost",),
}
"""Modules whose distribution has another name; needed only where it is not installed."""

OURS = ("higgs_challenge", "higgs_inference")
"""What a submission's process can always import: the ingestion program, which started it, and the image's library."""


def image_modules(requirements: Iterable[str] | None = None) -> dict[str, str]:
    """Return the modules that a submission can import on the platform, besides the standard library and its own.

    Args:
        requirements: of the package with their extras; None to read them from the installed package's metadata.

    Returns:
        The distribution of each top-level module; empty if the package is not installed or lacks the extra.
    """
    wanted = list(image_distributions(requirements))
    if not wanted:
        return {}
    closure = set(_with_dependencies(wanted))
    modules = dict.fromkeys(OURS, PACKAGE)
    for module, homes in importlib.metadata.packages_distributions().items():
        home = next((name for name in homes if canonicalize_name(name) in closure), None)
        if home is not None:
            modules[module] = home
    for name in wanted:
        for module in IMPORTED_AS.get(name, (name.replace("-", "_"),)):
            modules.setdefault(module, name)
    return modules


def image_distributions(requirements: Iterable[str] | None = None) -> Iterator[str]:
    """Yield the names of the distributions that the image is built from; none if the metadata lack the extra."""
    if requirements is None:
        try:
            requirements = importlib.metadata.requires(PACKAGE) or []
        except importlib.metadata.PackageNotFoundError:
            return
    parsed = [Requirement(text) for text in requirements]
    if not any(requirement.marker and _applies(requirement, EXTRA, alone=True) for requirement in parsed):
        return
    yield from (canonicalize_name(requirement.name) for requirement in parsed if _applies(requirement, EXTRA))


def _applies(requirement: Requirement, extra: str, alone: bool = False) -> bool:
    if requirement.marker is None:
        return True
    return requirement.marker.evaluate({"extra": extra}) and not (alone and requirement.marker.evaluate({"extra": ""}))


def _with_dependencies(names: Iterable[str]) -> Iterator[str]:
    """Yield the distributions and everything that they require, as far as it is installed here."""
    seen: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        try:
            needed = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        todo += [canonicalize_name(one.name) for one in map(Requirement, needed) if _applies(one, "")]
