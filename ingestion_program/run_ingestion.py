"""Run a submission: the file that Codabench starts; see higgs_challenge.run_command."""

from higgs_challenge.cli import start
from higgs_challenge.run_command import run

if __name__ == "__main__":
    start(run)
