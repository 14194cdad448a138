"""The modules of baselines/pivot are importable by the names that its own files use.

Their folder comes last, since every submission has a module `model`.
"""

import sys

from tests.helpers.repository import ROOT

sys.path.append(str(ROOT / "baselines" / "pivot"))
