"""How the commands behave: help under headings, one line for a mistake, and an orderly end on a signal."""

import io
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from higgs_challenge.errors import ChallengeError, InputError, mistake_kind, printable

EXIT_MISTAKE = 2


class Mistake(click.ClickException):
    """A participant's or an organiser's mistake, shown as one message without a traceback."""

    exit_code = EXIT_MISTAKE

    def __init__(self, error: ChallengeError) -> None:
        super().__init__(str(error))
        self.kind = mistake_kind(error)

    def show(self, file: Any = None) -> None:
        """Print the message to standard error."""
        print(f"{self.kind}: {printable(self.message)}", file=file or sys.stderr)


@contextmanager
def mistakes_as_messages() -> Iterator[None]:
    """Turn a ChallengeError into a message and exit code 2, and an interrupt into a short message."""
    try:
        yield
    except ChallengeError as error:
        raise Mistake(error) from error
    except KeyboardInterrupt:
        sys.exit("Interrupted.")


class Option(click.Option):
    """An option that the help lists under a heading of its own."""

    def __init__(self, *names: Any, heading: str = "Options", **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.heading = heading


class Command(click.Command):
    """A command whose help has headings, and in which a mistake ends as one message."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with mistakes_as_messages():
            return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write options under their headings."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)) is not None:
                sections.setdefault(getattr(parameter, "heading", "Options"), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def start(command: click.Command) -> None:
    """Run a command with the words of the command line, and exit with its code.

    A termination signal ends it as an exception does, so that the submission's processes and files go with it. What the
    encoding of a terminal or a log lacks is printed as an escape, on standard output as Python does on standard error.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    command.main()


def make_folder(path: Path) -> Path:
    """Make a directory for output.

    Raises:
        InputError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path} cannot be used as an output folder: {error}.") from error
    return path
