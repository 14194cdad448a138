"""Download what a phase's submissions on Codabench left: one run of each participant, in folders as `make run` has."""

import json
import shutil
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

from higgs_challenge.atomic import report_write_errors, write_json
from higgs_challenge.errors import InputError
from higgs_challenge.execution.file_names import FINAL
from higgs_challenge.execution.progress import show_progress
from higgs_challenge.number_formats import count
from higgs_scoring.run_folders import RESULTS_FOLDER
from higgs_scoring.scoring import REPORT_FILE, SCORES_FILE
from higgs_tools.codabench.choice import Entry, choose_submissions, plain_name
from higgs_tools.codabench.platform_client import Platform
from higgs_tools.codabench.result_zip import unpack_files
from higgs_tools.codabench.submit import choose_phase

PARTS = {
    RESULTS_FOLDER: ("prediction_result", "prediction output", FINAL),
    "scores": ("scoring_result", "scoring output", (SCORES_FILE, REPORT_FILE)),
}
"""By folder of a run: the entry of the platform's answer, what it is, and the files that are taken from it."""

RECORD = "submission.json"
"""In the folder of a run: which submission it is. It is written last."""

PARTIAL = ".partial"


def download_phase(platform: Platform, competition: int, phase: str, output: Path) -> tuple[list[Path], list[Path]]:
    """Download the runs of all participants of a phase; what is there is kept.

    Args:
        platform: an organiser's account.
        competition: its number.
        phase: its name or number.
        output: folder of all downloads.

    Returns:
        The folders of the runs, in output/COMPETITION/PHASE, and those of the runs that could not be downloaded, which
        do not exist.

    Raises:
        InputError: the platform refuses, or there is nothing to download.
    """
    platform.attempt(lambda: platform.headers, "the login")
    found = platform.attempt(lambda: platform.competition(competition), f"finding competition {competition}")
    what = f"listing the submissions of phase {phase}"
    number = platform.attempt(lambda: choose_phase(found, phase), f"reading the phases of competition {competition}")
    choice = platform.attempt(lambda: choose_submissions(platform.submissions(number), number), what)
    if not choice.entries:
        raise InputError(
            f"Phase {phase} of competition {competition} has no finished submission that this account may see; an "
            "organiser's account sees them all."
        )
    name = next(str(one["name"]) for one in found["phases"] if one["id"] == number)
    folder = output / str(competition) / plain_name(name).casefold()
    say(platform, f"{count(len(choice.entries), 'participant')} with a finished submission in phase {name}: {folder}")
    downloaded, failed = [], []
    with show_progress("Downloading", len(choice.entries), "submissions") as advance:
        for done, (team, entry) in enumerate(choice.entries.items(), 1):
            try:
                outcome = download_run(platform, entry, folder / team)
                downloaded.append(folder / team)
            except InputError as error:
                outcome = "FAILED"
                failed.append(folder / team)
                complaint = f"{entry.owner}, submission {entry.submission}: {error}"
                print(platform.clean(complaint), file=sys.stderr, flush=True)
            say(platform, f"{team:<24} submission {entry.submission}, {entry.chosen}: {outcome}")
            advance(done)
    if choice.without:
        say(platform, f"Without any finished submission: {', '.join(choice.without)}")
    if choice.running:
        say(platform, f"{count(choice.running, 'submission')} not ended yet: run the command again later")
    return downloaded, failed


def download_run(platform: Platform, entry: Entry, folder: Path) -> str:
    """Download the run of one participant, unless it is there.

    Args:
        platform: an organiser's account.
        entry: the submission.
        folder: of the run; one of another submission is removed.

    Returns:
        What was done.

    Raises:
        InputError: it cannot be downloaded; the folder does not exist then.
    """
    if read_record(folder) == entry.submission:
        return "kept"
    unfinished = folder.with_name(PARTIAL)
    with report_write_errors(folder):
        for stale in (folder, unfinished):
            if stale.exists():
                shutil.rmtree(stale)
        unfinished.mkdir(parents=True)
        try:
            fill_folder(platform, entry, unfinished)
            unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return "downloaded"


def fill_folder(platform: Platform, entry: Entry, folder: Path) -> None:
    """Download the parts of a run, and its record last.

    Args:
        platform: an organiser's account.
        entry: the submission.
        folder: empty.

    Raises:
        InputError: a part is missing, or cannot be downloaded or unpacked.
        OSError: the folder cannot be written.
    """
    path = f"/api/submissions/{entry.submission}/get_details/"
    details = platform.attempt(lambda: dict(platform.get(path)), "finding its files")
    for part, (key, what, wanted) in PARTS.items():
        if not (address := details.get(key)):
            raise InputError(f"the platform has no {what} of it: rerun the submission there.")
        archive = folder / f"{key}.zip"
        platform.attempt(partial(platform.download, str(address), archive), f"the download of its {what}")
        unpack_files(archive, wanted, folder / part)
        archive.unlink()
    write_json(folder / RECORD, asdict(entry))


def read_record(folder: Path) -> int | None:
    """Read which submission is in a folder; None if there is none."""
    try:
        return int(json.loads((folder / RECORD).read_bytes())["submission"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def say(platform: Platform, text: str) -> None:
    """Print a line without secrets."""
    print(platform.clean(text), flush=True)
