"""Modules of methods are importable by the names that their own files use."""

import sys

from tests.helpers.repository import ROOT

# Last, since every method has modules `model` and `training_seed`, and the sample submission's come first.
sys.path += [str(ROOT / "baselines" / name) for name in ("aggregated", "flows", "pivot")]
