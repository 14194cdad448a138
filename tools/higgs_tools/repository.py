"""Where the repository lies whose competition these tools pack and whose programs they run."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
