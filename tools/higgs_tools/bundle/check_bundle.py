"""Check a competition bundle before an upload."""

import argparse
import sys
from pathlib import Path

from higgs_challenge.errors import ChallengeError, InputError, printable
from higgs_tools.bundle.rules.members import megabytes
from higgs_tools.bundle.rules.problem import Findings
from higgs_tools.bundle.rules.zipped import inspect_zip
from higgs_tools.repository import ROOT

DEFAULT_BUNDLE = ROOT / "build" / "bundle.zip"


def inspect_file(bundle: Path) -> Findings:
    """What the rules say of a bundle's zip.

    Raises InputError where there is no such file.
    """
    try:
        return inspect_zip(str(bundle), bundle)
    except FileNotFoundError:
        raise InputError(f"{bundle}: is missing; run make bundle, or name another zip.") from None
    except IsADirectoryError:
        raise InputError(f"{bundle}: is a folder; name the zip that is to be uploaded.") from None
    except OSError as error:
        raise InputError(f"{bundle}: cannot be read ({error}); make the file readable.") from error


def describe(findings: Findings) -> list[str]:
    """The findings as lines for people, problems first; names in a zip may come from anybody, so they are cleaned."""
    lines = [f"problem: {problem}" for problem in findings.problems]
    lines += [f"warning: {warning}" for warning in findings.warnings]
    return [printable(line) for line in lines]


def main() -> int:
    """Print what is wrong with a bundle; 0 if Codabench would take it, 2 if something has to be mended first."""
    parser = argparse.ArgumentParser(
        description="Check a competition bundle with the rules of Codabench: problems, which it refuses or gets wrong, "
        "end with exit code 2, warnings with 0."
    )
    parser.add_argument("bundle", type=Path, nargs="?", default=DEFAULT_BUNDLE, help="the zip (build/bundle.zip)")
    bundle: Path = parser.parse_args().bundle
    try:
        findings = inspect_file(bundle)
    except ChallengeError as error:
        print(error, file=sys.stderr)
        return 2
    for line in describe(findings):
        print(line, file=sys.stderr if findings.problems else sys.stdout)
    if findings.problems:
        return 2
    size = megabytes(bundle.stat().st_size)
    print(f"{bundle}: {size}, nothing that Codabench would refuse, {len(findings.warnings)} warnings")
    return 0


if __name__ == "__main__":
    sys.exit(main())
