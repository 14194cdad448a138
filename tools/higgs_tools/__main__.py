"""What `higgs-challenge` and `python -m higgs_tools` start."""

from higgs_challenge.cli import start
from higgs_tools.commands.group import higgs_challenge


def main() -> None:
    """Run the command line."""
    start(higgs_challenge)


if __name__ == "__main__":
    main()
