"""Tell whether a submission will run on the platform, and pack it: python check_submission.py --help."""

import sys
from pathlib import Path

try:
    from higgs_challenge.cli import exit_on_mistakes
    from higgs_tools.checking.__main__ import main
except ModuleNotFoundError as error:
    print(f"The check needs the package of the challenge ({error}); README.md says how to install it.", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    exit_on_mistakes(lambda: main(Path(__file__).parent))
