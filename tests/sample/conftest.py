"""The sample submission's modules are importable by the names that its own files use."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "sample_code_submission"))
