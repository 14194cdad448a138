"""Showing how close the synthetic events are to the official data."""

from pathlib import Path

from higgs_challenge.atomic import require_writable, write_bytes
from higgs_challenge.cli import make_folder
from higgs_challenge.errors import InputError
from higgs_challenge.execution.progress import show_progress
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_tools.validation.data_report import render_report
from higgs_tools.validation.documentation import write_figures
from higgs_tools.validation.findings import validate
from higgs_tools.validation.official import Official, read_official
from higgs_tools.validation.samples import Sample
from higgs_tools.validation.synthetic import COUNTED_EVENTS

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
        raise InputError(f"{folder} contains no pythia_PROCESS.parquet; give another folder, or omit --pythia.")
    # Imported here: nothing but this option needs it.
    from higgs_tools.tuning.particle_level import reconstruct_particles

    return {process: Sample.of_equal_weights(reconstruct_particles(folder, process, SEED)) for process in present}


def write_validation(output: Path, official: Path | None, pythia: Path | None, figures: Path | None) -> None:
    """Validate the synthetic events and write the report.

    Args:
        output: the HTML page.
        official: folder of the official file, as in official.read_official; None to compare with published numbers
            only.
        pythia: folder of particle-level events, as in read_particle_level; None for none.
        figures: folder for pictures of the documentation; None for none.

    Raises:
        InputError: a folder does not hold what it should, or an output cannot be written.
    """
    require_writable(output)
    if figures:
        make_folder(figures)
    known = read_official(official) if official else Official()
    particle = read_particle_level(pythia) if pythia else {}
    findings = validate(known, particle, COUNTED_EVENTS, SEED)
    with show_progress("Drawing", len(findings), "processes") as advance:
        write_bytes(output, render_report(findings, advance).encode())
    if figures:
        write_figures(findings, figures)
