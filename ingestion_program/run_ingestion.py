"""Run a submission over a phase's pseudo-experiments: the file that Codabench starts; see higgs_challenge.run."""

from higgs_challenge.cli import exit_on_mistakes
from higgs_challenge.run import main

if __name__ == "__main__":
    exit_on_mistakes(main)
