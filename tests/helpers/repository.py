"""Where the repository lies that the tests test."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
