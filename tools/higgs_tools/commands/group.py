"""The group of all sub-commands, which imports only the one that is called."""

import importlib
import sys
from typing import Any, NamedTuple

import click

from higgs_challenge.cli import mistakes_as_messages
from higgs_challenge.errors import InputError


class Entry(NamedTuple):
    """Where a sub-command is and what it does.

    Attributes:
        module: that defines it, in this package unless it is dotted.
        help: the first line of its help.
    """

    module: str
    help: str


SECTIONS = {
    "Run and score": {
        "data": Entry("data", "Make a data set, whose event store is FOLDER/store."),
        "run": Entry("higgs_challenge.run_command", "Run a submission over a phase's pseudo-experiments."),
        "truth": Entry("truth", "Write the truth of a phase's plan."),
        "score": Entry("higgs_scoring.commands", "Score the intervals of a run against the true signal strengths."),
        "leaderboard": Entry("higgs_scoring.commands", "Rank finished runs of one plan as the final phase is ranked."),
    },
    "Prepare a submission": {
        "check": Entry("checking", "Report whether a submission will run on the platform."),
        "pack": Entry("checking", "Pack a submission into the zip to hand in, and check it."),
        "notebook": Entry("notebook", "Execute the starting kit's notebook and keep it with its pictures."),
        "submit": Entry("codabench", "Send a submission to Codabench and wait for its score."),
    },
    "Compare methods": {
        "baselines": Entry("baselines", "Run methods on the same events and seeds, and rank them in one table."),
        "table": Entry("methods", "Make the table of methods from their results files."),
        "new-baseline": Entry("methods", "Make a new method from the template."),
    },
    "Organise a competition": {
        "kit": Entry("kit", "Write the starting kit's phases from the competition's."),
        "pages": Entry("bundle", "Write the competition's pages as Codabench shows them."),
        "bundle": Entry("bundle", "Pack a competition into one zip that Codabench accepts."),
        "check-bundle": Entry("bundle", "Check a competition bundle with the rules of Codabench."),
        "upload": Entry("codabench", "Create a competition on Codabench from a bundle."),
        "results": Entry(
            "codabench", "Download the results and scores of all participants of a phase from Codabench, and rank them."
        ),
        "docker-build": Entry("containers", "Build the image that competition.yaml names."),
        "docker-run": Entry("containers", "Run and score a submission in containers, as Codabench's worker would."),
    },
    "Develop the challenge": {
        "validate-data": Entry("validation", "Compare synthetic events with the official data."),
        "tune-simulation": Entry("tuning", "Fit numbers of the event generator."),
        "fit-correction": Entry("tuning", "Fit with which probability the event generator accepts an event."),
        "pythia-events": Entry("tuning", "Make particle-level events with Pythia 8."),
        "draw": Entry("draw", "Draw the pictures of the documentation and the logo."),
    },
}
"""All sub-commands, as the help lists them: their first lines stand here so that the help imports none of them."""

UNIX_MODULES = ("fcntl", "resource")
"""What the commands that start submissions need, and Windows lacks."""

ENTRIES = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


class LazyGroup(click.Group):
    """A group that imports a sub-command's module when the sub-command is called."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the sub-command; a mistake ends as one message."""
        with mistakes_as_messages():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of the sub-commands."""
        return list(ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a sub-command.

        Raises:
            InputError: a package that it needs is not installed.
        """
        if cmd_name not in ENTRIES:
            return None
        module = ENTRIES[cmd_name].module
        try:
            found = importlib.import_module(module if "." in module else f"higgs_tools.commands.{module}")
        except ModuleNotFoundError as error:
            if sys.platform == "win32" and error.name in UNIX_MODULES:
                raise InputError(
                    f"{cmd_name} does not run on Windows itself; use WSL 2, or the container (docs/machines.md)."
                ) from error
            raise InputError(
                f"{cmd_name} needs the package {error.name}, which is not installed; install the challenge with what "
                "its participants and organisers need: pip install 'REPOSITORY[baseline,kit,organise]'."
            ) from error
        command: click.Command = getattr(found, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the sub-commands by section, without importing one."""
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.help) for name, entry in entries.items()])


@click.group(cls=LazyGroup, context_settings={"max_content_width": 100})
@click.version_option(package_name="higgs-uncertainty-challenge")
def higgs_challenge() -> None:
    """Run, check, score and organise the FAIR Universe HiggsML Uncertainty Challenge.

    `higgs-challenge COMMAND --help` explains a command. Exit codes: 0 where all went well, 1 where a check finds
    something to fix, 2 with a message for a mistake.
    """
