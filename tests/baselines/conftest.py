"""Modules of `aggregated` are importable by the names that its own files use."""

import sys

from tests.helpers.repository import ROOT

sys.path.append(str(ROOT / "baselines" / "aggregated"))  # last: other submissions have modules of the same names
