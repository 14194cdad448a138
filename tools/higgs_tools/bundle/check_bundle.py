"""Checking a competition bundle before an upload."""

from pathlib import Path

from higgs_challenge.errors import InputError, printable
from higgs_tools.bundle.rules.findings import Findings
from higgs_tools.bundle.rules.whole_zip import inspect_zip
from higgs_tools.repository import find_repository


def default_bundle() -> Path:
    """Return the path where `make bundle` writes the bundle."""
    return find_repository() / "build" / "bundle.zip"


def inspect_file(bundle: Path) -> Findings:
    """Apply the rules to a bundle's zip.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        return inspect_zip(str(bundle), bundle)
    except FileNotFoundError:
        raise InputError(f"There is no {bundle}; run make bundle, or name another zip.") from None
    except IsADirectoryError:
        raise InputError(f"{bundle} is a folder; name the zip that is to be uploaded.") from None
    except OSError as error:
        raise InputError(f"{bundle} cannot be read ({error}); make the file readable.") from error


def describe(findings: Findings) -> list[str]:
    """Format findings as lines, problems first, without the control characters that names in a zip may have."""
    lines = [f"problem: {problem}" for problem in findings.problems]
    lines += [f"warning: {warning}" for warning in findings.warnings]
    return [printable(line) for line in lines]
