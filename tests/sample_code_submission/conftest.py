"""The sample submission's modules are importable by the names that its own files use."""

import sys

from tests.helpers.repository import ROOT

sys.path.insert(0, str(ROOT / "sample_code_submission"))
