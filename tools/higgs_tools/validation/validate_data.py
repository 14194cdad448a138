"""Show how close the synthetic events are to the official data."""

import argparse
import os
from pathlib import Path

from higgs_challenge.cli import existing_folder, exit_on_mistakes
from higgs_challenge.errors import InputError
from higgs_challenge.execution.progress import show_progress
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_tools.bundle.make_bundle import write_whole
from higgs_tools.repository import ROOT
from higgs_tools.validation.data_report import render_report
from higgs_tools.validation.documentation import write_figures
from higgs_tools.validation.findings import validate
from higgs_tools.validation.samples import COUNTED_EVENTS, Sample, read_real

OFFICIAL_SAMPLE = "HIGGS_OFFICIAL_SAMPLE"
SEED = 20_260


def read_particle_level(folder: Path) -> dict[str, Sample]:
    """Pass the particle-level events of a folder through our detector step.

    Args:
        folder: with pythia_PROCESS.parquet for some processes.

    Returns:
        A sample of each process that has a file.

    Raises:
        InputError: there is none.
    """
    present = [process for process in PROCESSES if (folder / f"pythia_{process}.parquet").is_file()]
    if not present:
        raise InputError(f"{folder} has no pythia_PROCESS.parquet; name another folder, or leave out --pythia.")
    # Imported here: nothing but this option needs it.
    from higgs_tools.tuning.particle_level import reconstruct_particles

    return {process: Sample.of_equal_weights(reconstruct_particles(folder, process, SEED)) for process in present}


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Compare synthetic events with the official data, and write one HTML page with a verdict, all "
        "checks and pictures of every column. Without the official file only published numbers are compared.",
    )
    parser.add_argument(
        "--official",
        type=existing_folder,
        default=os.environ.get(OFFICIAL_SAMPLE) or None,
        metavar="FOLDER",
        help=f"where the official parquet file lies with its metadata, whole or a piece (default: ${OFFICIAL_SAMPLE})",
    )
    parser.add_argument(
        "--pythia",
        type=existing_folder,
        metavar="FOLDER",
        help="where particle-level events lie, pythia_PROCESS.parquet, to be passed through our detector step",
    )
    parser.add_argument(
        "--figures", type=Path, metavar="FOLDER", help="where to write some pictures for the documentation as well"
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "build" / "validation" / "data.html", help="where to write the page"
    )
    return parser.parse_args()


def main() -> None:
    """Validate the synthetic events."""
    arguments = parse_arguments()
    real = read_real(arguments.official) if arguments.official else {}
    particle = read_particle_level(arguments.pythia) if arguments.pythia else {}
    findings = validate(real, particle, COUNTED_EVENTS, SEED)
    with show_progress("Drawing", len(findings), "processes") as advance:
        write_whole(arguments.output, render_report(findings, advance).encode())
    if arguments.figures:
        write_figures(findings, arguments.figures)
    print(arguments.output)


if __name__ == "__main__":
    exit_on_mistakes(main)
