"""How a run's pseudo-experiments are evaluated: in random order, some may fail, and some are repeated in the end."""

import sys
from collections.abc import Sequence

from higgs_challenge.errors import SubmissionError, printable
from higgs_challenge.execution.clock import Clock
from higgs_challenge.execution.engine import Engine
from higgs_challenge.execution.journal import Journal
from higgs_challenge.execution.order_check import Key, OrderCheck, check_order
from higgs_challenge.execution.progress import show_progress, show_warning
from higgs_challenge.execution.worker import Fit, Result
from higgs_challenge.experiments import Plan
from higgs_challenge.number_formats import count
from higgs_challenge.sandbox.isolation import Isolation
from higgs_challenge.streams import stream
from higgs_challenge.submission.job import Job


def predict_all(plan: Plan, engine: Engine, journal: Journal, clock: Clock, fit: Fit) -> Isolation:
    """Evaluate the pseudo-experiments that the journal lacks, in random order; returns the weakest isolation."""
    allowed = plan.settings.limits.failed_predictions
    require_few_failures(journal.failures, allowed)
    keys = [key for key in work_order(plan) if key not in journal.results]
    if not keys:
        return fit.isolation
    isolation = min(fit.isolation, engine.start(), key=Isolation.strength)
    done, total = len(journal.results), plan.settings.number
    try:
        with show_progress("Predicting", total, "pseudo-experiments", begin=done) as advance:
            for result in engine.evaluate([plan.experiment(*key) for key in keys], clock.deadline):
                if result.failure:
                    require_few_failures([*journal.failures, result], allowed)
                    show_failure(result, len(journal.failures) + 1)
                journal.add(result, clock.elapsed())
                remark = f"{journal.repeats} processes died and were replaced" if journal.repeats else ""
                advance(len(journal.results), remark)
    except TimeoutError as error:
        set_index, index = next(key for key in keys if key not in journal.results)
        raise SubmissionError(
            f"predict exceeded the run's {clock.describe_limit()}: {len(journal.results)} of {total} "
            f"pseudo-experiments were done; the next was set {set_index}, pseudo-experiment {index}."
        ) from error
    return isolation


def require_few_failures(failures: Sequence[Result], allowed: int) -> None:
    """End the run if more predictions have failed than the phase allows.

    Raises:
        SubmissionError: ends with the last failure.
    """
    if len(failures) > allowed:
        raise SubmissionError(
            f"{count(len(failures), 'prediction')} failed, and this phase allows {allowed}. {failures[-1].failure}"
        )


def show_failure(result: Result, number: int) -> None:
    """Warn of a failed prediction, for the first with its traceback.

    Args:
        result: of the failed prediction.
        number: how many have failed so far, this one included.
    """
    sentence, _, rest = result.failure.partition("\n")
    show_warning(f"a failed prediction counts as the whole range of mu. {sentence.rstrip('.')}")
    if number == 1 and rest.strip():
        print(printable(rest).strip("\n"), file=sys.stderr, flush=True)


def work_order(plan: Plan) -> list[Key]:
    """Shuffle the plan, so that the order does not show a submission which pseudo-experiments are of one set."""
    keys = list(plan.keys())
    stream(plan.settings.random_seed, "order of work").shuffle(keys)
    return keys


def repeat_some(plan: Plan, number: int, job: Job, engine: Engine, journal: Journal) -> OrderCheck:
    """Repeat so many pseudo-experiments, each in a fresh process that finds the files as fit left them."""
    keys = list(plan.keys())
    stream(plan.settings.random_seed, "order check").shuffle(keys)

    def repeat(key: Key) -> Result:
        engine.end_processes()
        job.restore_after_fit()
        return engine.repeat(plan.experiment(*key))

    with show_progress("Repeating", len(keys[:number]), "pseudo-experiments") as advance:
        return check_order(keys[:number], journal.results, repeat, advance)
