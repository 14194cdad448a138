"""Write the truth of a phase's plan; see higgs_challenge.truth."""

from higgs_challenge.cli import exit_on_mistakes
from higgs_challenge.truth import main

if __name__ == "__main__":
    exit_on_mistakes(main)
