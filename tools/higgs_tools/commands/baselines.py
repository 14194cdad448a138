"""`higgs-challenge baselines`: every method on the same events and seeds, and their table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from higgs_challenge.cli import Command
from higgs_challenge.errors import SubmissionError
from higgs_challenge.experiments import load_plan
from higgs_challenge.experiments.settings import require_settings
from higgs_challenge.number_formats import count
from higgs_challenge.options import AT_LEAST_ONE, EXISTING_DIRECTORY, NOT_NEGATIVE, PATH
from higgs_challenge.plan_options import chosen_settings, number_options
from higgs_tools.baselines.methods import Training, find_methods, plan_trainings
from higgs_tools.baselines.result_file import ResultFile, read_results
from higgs_tools.baselines.run_methods import Comparison, run_trainings
from higgs_tools.baselines.table import are_comparable, make_table
from higgs_tools.baselines.table_files import as_markdown, write_table
from higgs_tools.repository import find_repository


@click.command(cls=Command)
@click.option(
    "--input", "phase", type=EXISTING_DIRECTORY, required=True, help="folder of the phase, with settings.yaml"
)
@click.option("--data", "store", type=EXISTING_DIRECTORY, help="folder of the event store (default: in --input)")
@click.option("--fresh", is_flag=True, help="make hidden events for each pseudo-experiment alone")
@click.option("--output", type=PATH, help="folder for runs and table (default: build/baselines in the repository)")
@click.option("--results", type=PATH, help="folder for the results files (default: results in --output)")
@click.option(
    "--training-seeds",
    type=AT_LEAST_ONE,
    default=1,
    show_default=True,
    metavar="N",
    help="train each method N times, with the seeds 1 to N in its training_seed.py; once where it has no such file",
)
@click.option(
    "--check-order",
    type=NOT_NEGATIVE,
    default=2,
    show_default=True,
    metavar="N",
    help="repeat N pseudo-experiments of each run in fresh processes, and record whether their answers differ",
)
@click.option(
    "--workers",
    type=AT_LEAST_ONE,
    metavar="N",
    help="submission processes that predict at the same time (default: one a GPU, or one a core)",
)
@click.argument("methods", nargs=-1, metavar="[METHOD]...", help="folders of baselines/, or reference (default: all)")
@number_options
def baselines(
    *,
    phase: Path,
    store: Path | None,
    fresh: bool,
    output: Path | None,
    results: Path | None,
    training_seeds: int,
    check_order: int,
    workers: int | None,
    methods: Sequence[str],
    **chosen: Any,
) -> None:
    """Run methods on the same events and seeds, and rank them in one table.

    Called again, it goes on where it ended: a finished run is made again only if its method, the library
    higgs_inference, the events, the plan or the training seed has changed. A results file has the plan's seed.
    """
    require_settings(phase)
    root = find_repository()
    output = output or root / "build" / "baselines"
    comparison = Comparison(
        plan=load_plan(phase, chosen_settings(chosen, fresh)),
        phase=phase,
        store=store,
        root=root,
        output=output,
        results=results or output / "results",
        order_checks=check_order,
        workers=workers,
    )
    trainings = plan_trainings(find_methods(root, methods), training_seeds)
    once = [training.label for training in trainings if training.seed is None]
    if training_seeds > 1 and once:
        click.echo(f"Trained once only, as there is no training_seed.py: {', '.join(once)}.")
    finished, failures = run_trainings(comparison, trainings)
    if finished:
        show_table(finished[0], comparison, [training for training, _ in failures])
    if failures:
        raise SubmissionError(
            f"{count(len(failures), 'run')} of {len(trainings)} failed; once mended, the same command goes on with "
            f"{'it' if len(failures) == 1 else 'them'}.\n"
            + "\n".join(f"{training.label}: {wrong}" for training, wrong in failures)
        )


def show_table(result: ResultFile, comparison: Comparison, failed: Sequence[Training]) -> None:
    """Write and print the table of all results on the same pseudo-experiments as this one.

    Args:
        result: of a run that is finished.
        comparison: where the others' results are.
        failed: trainings whose results file, if there is one, is of an earlier run, and is left out.
    """
    old = {(training.method.name, training.seed) for training in failed}
    everything = [
        other
        for other in read_results(comparison.results)
        if (other.identity.method, other.identity.training_seed) not in old
    ]
    comparable = [other for other in everything if are_comparable(result, other)]
    table = make_table(comparable)
    paths = write_table(table, comparison.output)
    click.echo(f"\n{as_markdown(table)}")
    if others := [other.identity.method for other in everything if not are_comparable(result, other)]:
        click.echo(f"Left out, as they were run on other pseudo-experiments: {', '.join(others)}.")
    click.echo("\n".join(map(str, paths)))
