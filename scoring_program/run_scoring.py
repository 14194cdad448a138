"""Score a run: the file that Codabench starts; see higgs_scoring.score."""

import sys

from higgs_scoring.score import main

if __name__ == "__main__":
    sys.exit(main())
