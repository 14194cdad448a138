"""Entry point of the scoring program: reads options, scores, and turns a refused input into one sentence."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from higgs_scoring.analysis import Analysis
from higgs_scoring.errors import ScoringError
from higgs_scoring.formats import rounded_error, score_text
from higgs_scoring.output import print_anything
from higgs_scoring.scoring import REPORT_FILE, score_run
from higgs_scoring.words import verdict

REFUSED = 2
"""Exit code of a run whose input cannot be scored."""


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line, each a Path."""
    parser = argparse.ArgumentParser(
        description="Score the intervals that ingestion recorded against the true signal strengths. Writes scores.json "
        "and detailed_results.html, or, where the input cannot be scored, says why in one sentence and exits with 2; "
        "scores of an earlier run in that folder are then gone too."
    )
    parser.add_argument(
        "--prediction",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder that ingestion wrote: ingestion_summary.json, ingestion_duration.json and result_<set>.json",
    )
    parser.add_argument(
        "--reference",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with truth.json, the true mu of every set, and true_nuisances.json",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for scores.json and detailed_results.html; made if it does not exist",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Score one run and return the exit code: 0, or 2 with a sentence on stderr."""
    options = parse_options(arguments)
    print_anything()
    try:
        analysis = score_run(options.prediction, options.reference, options.output)
    except ScoringError as mistake:
        print(f"Not scored: {mistake}", file=sys.stderr)
        return REFUSED
    print_scores(analysis)
    print(f"{'report':20} {options.output / REPORT_FILE}")
    return 0


def print_scores(analysis: Analysis) -> None:
    """Print the verdict, and each score with its standard error."""
    errors = None if analysis.bootstrap is None else analysis.bootstrap.standard_errors
    print(verdict(analysis))
    for name, value in asdict(analysis.scores).items():
        # That of the penalty, which is 1 in most draws and huge in some, says nothing.
        error = "" if errors is None or name == "penalty" else rounded_error(getattr(errors, name))
        print(f"{name:20} {score_text(name, value):>10} {error}".rstrip())


if __name__ == "__main__":
    sys.exit(main())
