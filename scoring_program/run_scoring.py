"""Score a run: the file that Codabench starts; see higgs_scoring.commands."""

from higgs_scoring.commands import score

if __name__ == "__main__":
    score()
