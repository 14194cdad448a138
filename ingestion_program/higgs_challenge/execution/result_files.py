"""Files in a run's output folder: results by set, duration, summary, and the state of an unfinished run."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from higgs_challenge.atomic import atomic_file, report_write_errors, write_json
from higgs_challenge.errors import ChallengeError, InputError, SubmissionError, mistake_kind
from higgs_challenge.execution.file_names import FAILURE_FILE, RESERVED
from higgs_challenge.execution.worker import Result
from higgs_challenge.submission.program_metadata import find_metadata_problems
from higgs_challenge.submission.scratch import remove_tree

MAX_FAILURE_LENGTH = 10_000
PER_RESULT = {"mu_hats": "mu_hat", "delta_mu_hats": "delta_mu_hat", "p16": "p16", "p84": "p84"}


def refuse_reserved_names(submission: Path) -> None:
    """Refuse a submission with reserved file names, or with metadata of a program.

    The platform copies a submission's files to where results lie. Those in sub-folders too: it may move a sub-folder's
    content to the top, before a program starts and before scoring.

    Raises:
        SubmissionError: there is such a file.
    """
    reserved = [str(path.relative_to(submission)) for pattern in RESERVED for path in submission.rglob(pattern)]
    if reserved:
        raise SubmissionError(
            f"The submission contains {', '.join(sorted(reserved))}, a name reserved for results; rename it."
        )
    problems = find_metadata_problems(submission)
    if problems:
        raise SubmissionError(f"The submission contains {'; '.join(problems)}. Remove it, a submission needs none.")


def clear_output(folder: Path, names: Iterable[str] = RESERVED) -> None:
    """Remove an earlier run's files from an output folder, so that a failed run leaves no results.

    Args:
        folder: exists.
        names: of the files and folders to remove, as patterns.

    Raises:
        InputError: the folder cannot be written.
    """
    with report_write_errors(folder):
        for path in [path for pattern in names for path in folder.glob(pattern)]:
            if path.is_dir() and not path.is_symlink():
                remove_tree(path)
            else:
                path.unlink()


@contextmanager
def failure_recorded(folder: Path) -> Iterator[None]:
    """Leave in the output folder why a run fails, with the words that the log has for a mistake."""
    try:
        yield
    except Exception as error:
        # A full disk, for instance, must not hide the error itself.
        with suppress(InputError), atomic_file(folder / FAILURE_FILE) as file:
            file.write(describe_failure(error).encode(errors="replace"))
        raise


def describe_failure(error: Exception) -> str:
    """Describe why a run failed; of an error that is no mistake, only its kind, as its text is for the organisers."""
    if isinstance(error, ChallengeError):
        return f"{mistake_kind(error)}: {error}"[:MAX_FAILURE_LENGTH] + "\n"
    return f"Ingestion itself broke with {type(error).__name__}, not the submission: tell the organisers.\n"


def write_results(folder: Path, results: Sequence[Result]) -> dict[str, bytes]:
    """Write result_<set>.json of every set, as the official scorer reads them, with the seconds of each predict.

    Args:
        folder: the output folder.
        results: of the whole plan, in any order.

    Returns:
        The files by name, with what was written into them.

    Raises:
        InputError: the folder cannot be written, or its disk is full.
    """
    sets: dict[int, list[Result]] = defaultdict(list)
    for result in sorted(results, key=lambda result: (result.set_index, result.index)):
        sets[result.set_index].append(result)
    files = {}
    for number, own in sets.items():
        content = {name: [getattr(result.interval, field) for result in own] for name, field in PER_RESULT.items()}
        content["predict_seconds"] = [result.predict_seconds for result in own]
        name = f"result_{number}.json"
        files[name] = write_json(folder / name, content)
    return files
