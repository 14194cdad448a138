"""`higgs-challenge bundle`, `check-bundle` and `pages`: the competition as Codabench takes it."""

import sys
from pathlib import Path

import click

from higgs_challenge.cli import EXIT_MISTAKE, Command
from higgs_challenge.experiments.settings import Settings
from higgs_challenge.number_formats import count
from higgs_challenge.options import PATH, TASK_NAME
from higgs_tools.bundle.check_bundle import default_bundle, describe, inspect_file
from higgs_tools.bundle.make_bundle import build
from higgs_tools.bundle.preview_pages import KATEX, write_previews
from higgs_tools.bundle.rules.zip_members import megabytes
from higgs_tools.bundle.task_files import source_folders
from higgs_tools.repository import find_repository

task_option = click.option(
    "--task",
    type=TASK_NAME,
    default=Settings().task,
    show_default=True,
    help="the measurement that the competition is about",
)


@click.command(cls=Command)
@task_option
@click.option("--output", type=PATH, help="where to write the zip (default: build/bundle.zip in the repository)")
def bundle(task: str, output: Path | None) -> None:
    """Pack a competition into one zip that Codabench accepts."""
    root = find_repository()
    output = output or default_bundle()
    warnings = build(source_folders(root, task), output)
    click.echo(f"{output}: {output.stat().st_size / 1e6:.1f} MB, ready for codabench.org")
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)


@click.command(cls=Command)
@click.argument("bundle", type=PATH, required=False, help="the zip (default: build/bundle.zip in the repository)")
def check_bundle(bundle: Path | None) -> None:
    """Check a competition bundle with the rules of Codabench.

    A problem is what Codabench refuses, or what makes every run fail, be scored wrongly or show the truth: exit code 2.
    Everything else is a warning: exit code 0.
    """
    bundle = bundle or default_bundle()
    findings = inspect_file(bundle)
    for line in describe(findings):
        click.echo(line, err=bool(findings.problems))
    if findings.problems:
        sys.exit(EXIT_MISTAKE)
    size = megabytes(bundle.stat().st_size)
    warnings = count(len(findings.warnings), "warning")
    click.echo(f"{bundle}: {size}, nothing that Codabench would refuse, {warnings}")


@click.command(cls=Command)
@task_option
@click.option("--output", type=PATH, help="folder for the pages (default: build/pages in the repository)")
@click.option("--katex", default=KATEX, show_default=True, help="address of KaTeX's folder dist")
def pages(task: str, output: Path | None, katex: str) -> None:
    """Write the competition's pages as Codabench shows them."""
    root = find_repository()
    for path in write_previews(source_folders(root, task), output or root / "build" / "pages", katex):
        click.echo(path)
