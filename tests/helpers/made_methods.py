"""A repository of methods of a few lines, which measure the toy: it starts at once."""

from pathlib import Path

from tests.helpers.commands import call
from tests.helpers.tiny_submissions import write_submission

SEED_FILE = {"training_seed.py": '"""A seed."""\n\nTRAINING_SEED = 1\n'}
SETTINGS = "task: gaussian\nnum_of_sets: 2\nnum_pseudo_experiments: 5\nrandom_seed: 7\n"

TRAIN = """
from training_seed import TRAINING_SEED
self.width = float(TRAINING_SEED)
print('expected width: 0.9')
"""


def write_method(folder: Path, width: object, files: dict[str, str] | None = None, fit: str = "pass") -> None:
    """Write a method that answers with the same interval of this width, an expression, for every pseudo-experiment."""
    answer = f"dict(mu_hat=1.5, delta_mu_hat={width} / 2, p16=1.5 - {width} / 2, p84=1.5 + {width} / 2)"
    write_submission(folder, files, fit=fit, answer=answer)


def make_repository(root: Path) -> None:
    """Make a repository with the reference, whose width is the seed of its training, and a method `wide`."""
    for mark in ("ingestion_program", "scoring_program", "phase"):
        (root / mark).mkdir()
    (root / "phase" / "settings.yaml").write_text(SETTINGS)
    write_method(root / "sample_code_submission", "self.width", SEED_FILE, fit=TRAIN)
    write_method(root / "baselines" / "wide", 10, {"README.md": "# Ten wide\n"})


def compare(root: Path, *arguments: object) -> int:
    """Run the command on methods of a repository, which is the working directory; returns its exit code."""
    return call("baselines", "--input", root / "phase", "--check-order", 0, "--workers", 1, *arguments)
