"""The command that runs a submission: `higgs-challenge run`, and what Codabench starts as run_ingestion.py."""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from higgs_challenge.cli import Command, Mistake, Option
from higgs_challenge.cores import available_cores
from higgs_challenge.errors import ChallengeError
from higgs_challenge.execution.devices import find_gpus
from higgs_challenge.ingestion import Run, prepare_output, run_ingestion
from higgs_challenge.options import EXISTING_DIRECTORY, NOT_NEGATIVE, PATH
from higgs_challenge.plan_options import chosen_plan, plan_options
from higgs_challenge.submission.process import BEST_EFFORT, DEMANDS

CLUSTER = "Cluster"


class Workers(click.ParamType[int | str]):
    """A number of workers of at least 1, or auto."""

    name = "workers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Read the number."""
        if value == "auto":
            return "auto"
        if not str(value).isdecimal() or int(value) < 1:
            self.fail(f"must be auto or at least 1, not {value}", param, ctx)
        return int(value)


class SchedulerAddress(click.ParamType[str]):
    """The address of a Dask scheduler."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the address."""
        found = re.fullmatch(r"(tcp|tls)://.+:(\d+)", value)
        if not found or not 0 < int(found[2]) < 65536:
            self.fail(f"must be like tcp://10.0.0.1:8786, as the scheduler prints it, not {value}", param, ctx)
        return str(value)


@contextmanager
def left_to_scoring() -> Iterator[None]:
    """Print why a run fails, and go on as if it had not.

    Codabench's worker loses what some programs print, and its newer versions start scoring only if ingestion exits with
    0. Scoring repeats the message in its report, a file, which arrives.
    """
    try:
        yield
    except ChallengeError as error:
        Mistake(error).show()
    except Exception:
        traceback.print_exc()


@click.command(cls=Command)
@click.option(
    "--input",
    "phase",
    type=EXISTING_DIRECTORY,
    required=True,
    help="folder of the phase: settings.yaml (the official settings where there is none), and perhaps the data",
)
@click.option(
    "--data",
    type=PATH,
    help="folder of the data, where they are not in --input: an event store, or the official parquet file with its "
    "metadata JSON",
)
@click.option(
    "--fresh",
    is_flag=True,
    help="make hidden events for each pseudo-experiment alone instead of drawing stored ones, as fresh_events: true in "
    "settings.yaml; of --data, only the training part is used",
)
@click.option("--submission", type=EXISTING_DIRECTORY, required=True, help="folder with the participant's model.py")
@click.option("--output", type=PATH, required=True, help="folder for the results, made if need be")
@click.option(
    "--workers",
    type=Workers(),
    default="auto",
    show_default=True,
    metavar="auto|N",
    help="submission processes that predict at the same time, sharing GPUs and cores; auto starts one a GPU, or one a "
    "core where there is no GPU",
)
@click.option(
    "--isolation",
    type=click.Choice(DEMANDS),
    default=BEST_EFFORT,
    show_default=True,
    help="how the submission is kept from the truth, other files, other processes and the network: required refuses "
    "to run where that is not fully possible",
)
@click.option(
    "--model-type",
    metavar="NAME",
    help="passed on as Model(model_type=NAME), for a submission whose constructor has that argument",
)
@click.option("--resume", is_flag=True, help="go on with what an ended run left in --output, whatever ended it")
@click.option(
    "--check-order",
    type=NOT_NEGATIVE,
    default=0,
    metavar="N",
    help="repeat N pseudo-experiments in fresh processes at the end, and report whether their answers differ",
)
@click.option(
    "--engine",
    type=click.Choice(("local", "dask")),
    default="local",
    show_default=True,
    cls=Option,
    heading=CLUSTER,
    help="where the submission runs: on this machine, or on the workers of a Dask scheduler",
)
@click.option(
    "--scheduler",
    type=SchedulerAddress(),
    metavar="ADDRESS",
    cls=Option,
    heading=CLUSTER,
    help="of the Dask scheduler, for instance tcp://10.0.0.1:8786",
)
@click.option(
    "--leave-failures-to-scoring",
    is_flag=True,
    help="exit with 0 also where the run fails: the platform then starts scoring, which says why and gives no score",
)
@plan_options
def run(
    *,
    phase: Path,
    data: Path | None,
    fresh: bool,
    submission: Path,
    output: Path,
    workers: int | str,
    isolation: str,
    model_type: str | None,
    resume: bool,
    check_order: int,
    engine: str,
    scheduler: str | None,
    leave_failures_to_scoring: bool,
    **chosen: Any,
) -> None:
    """Run a submission over a phase's pseudo-experiments."""
    if (engine == "dask") != (scheduler is not None):
        raise click.UsageError("--engine dask and --scheduler ADDRESS need each other")
    if engine == "dask" and workers != "auto":
        raise click.UsageError("--workers is for this machine; with --engine dask, each thread of a Dask worker is one")
    with (
        left_to_scoring() if leave_failures_to_scoring else nullcontext(),
        prepare_output(output, resume),  # before anything can fail: no old results stay
    ):
        plan = chosen_plan(phase, chosen, fresh)
        run_ingestion(
            Run(
                plan=plan,
                data=[folder for folder in (data, phase) if folder is not None],
                submission=submission,
                output=output,
                secrets=[phase],
                gpus=find_gpus(),
                cores=available_cores(),
                workers=None if workers == "auto" else int(workers),
                isolation=isolation,
                model_type=model_type,
                resume=resume,
                order_checks=min(check_order, plan.settings.number),
                scheduler=scheduler,
            )
        )
