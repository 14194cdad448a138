"""Judge a submission by its trial: each function takes the trial and the phase, and returns findings."""

from collections.abc import Sequence
from statistics import mean, median

from higgs_challenge.errors import Cause, SubmissionError
from higgs_challenge.execution.worker import Fit, Result
from higgs_challenge.number_formats import format_seconds
from higgs_challenge.sandbox.isolation import FULL
from higgs_challenge.submission.log import MAX_LOG_BYTES
from higgs_challenge.submission.process import FailedCallError
from higgs_challenge.tasks import load_task
from higgs_scoring.range_cut import EDGE
from higgs_tools.checking.findings import Finding, Level
from higgs_tools.checking.packing import format_size
from higgs_tools.checking.phases import OFFICIAL_WORKERS, Phase
from higgs_tools.checking.trial import LAST_LINES, Trial, answers

SAFE_SHARE = 0.7
"""Share of a limit; above it, a slower machine may exceed the limit."""

NARROW, HALF_WIDTH_RATIO, FAR_PULLS = 0.2, 2.0, 3.0
"""Intervals below this share of the reference width are implausible; pulls beyond so many spreads are not chance."""

REMEDIES = {
    Cause.TIME: "make it faster: fewer training events, fewer steps, or a pre-trained model",
    Cause.MEMORY: "take fewer events at once: get_train_set(train_size=...) or selected_indices=...",
    Cause.KILLED: "it may have used more memory than this machine has: take fewer events at once",
    Cause.IMPORT: "see imports above",
    Cause.CONTRACT: "see class Model above",
    Cause.ANSWER: "return a dict of finite numbers mu_hat, delta_mu_hat, p16 and p84, with p16 <= p84",
    Cause.WRONG_PATH: "open it as os.path.join(os.path.dirname(__file__), NAME)",
    Cause.SANDBOX: "use only the submission's own files, tempfile and what get_train_set returns; there is no network",
}
"""What to do about a failed call."""


def judge_trial(trial: Trial, phase: Phase, untried: Sequence[str] = ()) -> list[Finding]:
    """Judge everything that a trial shows about a submission.

    Args:
        trial: from try_submission.
        phase: the phase that the submission is meant for.
        untried: modules that this machine lacks and the platform has; a fit that fails without one proves nothing.
    """
    findings = [*_fit(trial, phase, untried), _pickling(trial), _predict(trial)]
    if not trial.results or trial.predict_error is not None:
        because = "fit" if trial.fit is None else "predict"
        missing = ("answers", "order", "time", "memory", "output")
        findings += [Finding(check, Level.UNCHECKED, f"needs a working {because}") for check in missing]
        return [*_isolation(trial), *findings]
    findings += [*judge_answers(trial, phase), judge_order(trial), *judge_time(trial, phase), _memory(trial, phase)]
    return [*_isolation(trial), *findings, *_output(trial, phase)]


def _isolation(trial: Trial) -> list[Finding]:
    if trial.fit is None:
        return []
    isolation = trial.fit.isolation
    if isolation.level == FULL:
        return [Finding("isolation", Level.OK, "full, as on the platform")]
    text = f"only {isolation.level}: {'; '.join(isolation.missing)}"
    remedy = "the platform forbids what was still allowed here: avoid it, or check again on Linux 5.13 or later"
    return [Finding("isolation", Level.WARNING, text, remedy)]


def _fit(trial: Trial, phase: Phase, untried: Sequence[str]) -> list[Finding]:
    reached = trial.fit if trial.fit is not None else trial.fit_error
    hidden = reached.hidden_modules if isinstance(reached, Fit | FailedCallError) else ()
    findings = [
        Finding("imports", Level.FAILURE, f"{name} is hidden by {module}, which Python has loaded already", "rename it")
        for name, module in hidden
    ]
    if trial.fit is None:
        assert trial.fit_error is not None
        missing = trial.fit_error.missing_module if isinstance(trial.fit_error, FailedCallError) else ""
        if missing.partition(".")[0] in untried:
            text = "needs a package that this machine lacks, see imports"
            return [*findings, Finding("fit", Level.UNCHECKED, text)]
        wanted = trial.fit_error.rows_asked if isinstance(trial.fit_error, FailedCallError) else 0
        if trial.training_events < wanted <= load_task(phase.settings.task).training_events:
            text = f"needs {wanted} training events, and these data have {trial.training_events}; without them, "
            remedy = "check with data that have as many: --data FOLDER"
            return [*findings, Finding("fit", Level.UNCHECKED, text + _problem(trial.fit_error, trial.log), remedy)]
        return [
            *findings,
            Finding("fit", Level.FAILURE, _problem(trial.fit_error, trial.log), _remedy(trial.fit_error)),
        ]
    seconds, limit = trial.fit.seconds, phase.settings.limits.fit_seconds
    text = f"{seconds:.2g} s with {trial.training_events} training events; the limit is {format_seconds(limit)}"
    on_platform = load_task(phase.settings.task).training_events
    scaled = seconds * on_platform / trial.training_events
    if seconds > SAFE_SHARE * limit:
        findings.append(Finding("fit", Level.WARNING, text, "train on fewer events, or ship a pre-trained model"))
    elif scaled > limit:
        text += f". The platform has some {on_platform / 1e6:g} million: with all of them fit would take too long"
        findings.append(Finding("fit", Level.REMARK, text, "limit their number: get_train_set(train_size=NUMBER)"))
    else:
        findings.append(Finding("fit", Level.OK, text))
    return findings


def _pickling(trial: Trial) -> Finding:
    if trial.fit is None:
        return Finding("pickling", Level.UNCHECKED, "needs a working fit")
    if trial.fit.not_kept:
        remedy = "drop the attribute at the end of fit, or define __getstate__ and __setstate__"
        return Finding("pickling", Level.FAILURE, _first_line(trial.fit.not_kept), remedy)
    return Finding("pickling", Level.OK, f"the fitted model takes {format_size(trial.fit.model_bytes)}")


def _predict(trial: Trial) -> Finding:
    if trial.fit is None:
        return Finding("predict", Level.UNCHECKED, "needs a working fit")
    if trial.predict_error is not None:
        error = trial.predict_error
        return Finding("predict", Level.FAILURE, _problem(error, trial.log), _remedy(error))
    return Finding("predict", Level.OK, f"answered {len(trial.results)} pseudo-experiments")


def judge_answers(trial: Trial, phase: Phase) -> list[Finding]:
    """Judge whether the intervals are plausible: their width, where mu_hat lies, how far it is from the truth."""
    intervals = [result.interval for result in trial.results]
    widths = [interval.p84 - interval.p16 for interval in intervals]
    lowest, highest = phase.settings.mu_range
    is_cut = [one.p16 <= lowest + EDGE or one.p84 >= highest - EDGE for one in intervals]
    # The range of mu may cut all of an interval away, or its estimate.
    whole = [one for one, cut in zip(intervals, is_cut, strict=True) if not cut]
    half = [
        max(one.delta_mu_hat if cut else (one.p84 - one.p16) / 2, 1e-9)
        for one, cut in zip(intervals, is_cut, strict=True)
    ]
    pulls = [(one.mu_hat - mu) / size for one, mu, size in zip(intervals, trial.mus, half, strict=True)]
    inside = sum(one.p16 <= mu <= one.p84 for one, mu in zip(intervals, trial.mus, strict=True))
    reference = load_task(phase.settings.task).reference_width
    findings = []
    if any(one.p16 == one.p84 for one in whole):
        findings.append(
            _warn("an interval has zero width", "return the estimate's uncertainty, not the estimate twice")
        )
    elif mean(widths) < NARROW * reference:
        text = (
            f"the intervals are {mean(widths):.2g} wide; the narrowest sound ones known are {reference:.2g} on average"
        )
        findings.append(_warn(text, "make sure that the width includes all uncertainties"))
    elif mean(widths) >= highest - lowest:
        text = f"the intervals are {mean(widths):.2g} wide, as wide as the range of mu"
        findings.append(_warn(text, "over-coverage is penalised: aim at 68.27 %"))
    outside = sum(not one.p16 <= one.mu_hat <= one.p84 for one in whole)
    if outside:
        text = f"mu_hat lies outside its interval in {outside} of {len(intervals)} answers"
        findings.append(_warn(text, "return p16 <= mu_hat <= p84"))
    if len({answers(result) for result in trial.results}) == 1 and len(trial.results) > 1:
        text = "every answer is the same, whatever the signal"
        findings.append(Finding("answers", Level.REMARK, text))
    elif median(map(abs, pulls)) > FAR_PULLS * trial.pull_width:
        text = f"mu_hat is {median(map(abs, pulls)):.2g} half-widths from the truth (median)"
        findings.append(_warn(text, "make sure that predict uses the same features as fit, in the same order"))
    ratios = [one.delta_mu_hat / max((one.p84 - one.p16) / 2, 1e-9) for one in whole]
    if ratios and not 1 / HALF_WIDTH_RATIO <= median(ratios) <= HALF_WIDTH_RATIO:
        text = f"delta_mu_hat is {median(ratios):.2g} times half the interval; it does not count towards the score"
        remedy = "return half the width of the interval, from before any cut at the range of mu"
        findings.append(Finding("answers", Level.REMARK, text, remedy))
    text = f"width {mean(widths):.3g}, {inside} of {len(intervals)} intervals contain the truth"
    if trial.pull_width > 1.5:
        text += "; with so few events stored, even sound intervals rarely would"
    return [Finding("answers", Level.OK, text), *findings]


def judge_order(trial: Trial) -> Finding:
    """Judge whether an answer depends on earlier calls, or on chance."""
    if trial.fit is None or trial.fit.not_kept:
        return Finding("order", Level.UNCHECKED, "needs a fitted model that pickles")
    if trial.fresh_error is not None:
        text = f"a fresh process with the fitted model fails: {_problem(trial.fresh_error, trial.log)}"
        return Finding(
            "order", Level.FAILURE, text, "keep everything that predict needs in the model or in files that fit writes"
        )
    different = trial.different()
    if not different:
        text = f"{len(trial.results)} answers are the same in a fresh process, in another order, and when asked twice"
        return Finding("order", Level.OK, text)
    largest = max(_difference(one, other) for one, other in different)
    if any(answers(one) != answers(other) for one, other in zip(trial.fresh, trial.fresh_again, strict=True)):
        text = (
            "two fresh processes give different answers to the same pseudo-experiments in the same order, so answers "
            f"depend on chance; they differ by up to {largest:.2g} of the interval's width"
        )
        remedy = "seed your random numbers: give every generator a fixed seed in predict"
        return Finding("order", Level.WARNING, text, remedy)
    text = f"answers depend on earlier calls, by up to {largest:.2g} of the interval's width"
    remedy = (
        "do not change attributes, globals or files in predict; a generator of random numbers changes too, so make it "
        "in predict, with a fixed seed"
    )
    return Finding("order", Level.FAILURE, text, remedy)


def _difference(one: Result, other: Result) -> float:
    width = max(one.interval.p84 - one.interval.p16, 1e-9)
    return max(abs(a - b) for a, b in zip(answers(one), answers(other), strict=True)) / width


def judge_time(trial: Trial, phase: Phase) -> list[Finding]:
    """Judge whether all pseudo-experiments of the phase fit into its time limit."""
    assert trial.fit is not None
    limits, number = phase.settings.limits, phase.settings.number
    once = median(result.predict_seconds for result in trial.results)
    slowest = max(result.predict_seconds for result in trial.results)
    findings = []
    if slowest > SAFE_SHARE * limits.predict_seconds:
        text = f"a call of predict took {slowest:.3g} s; the limit is {limits.predict_seconds:g} s"
        findings.append(Finding("time", Level.WARNING, text, "another machine may be slower: make predict faster"))
    alone = trial.fit.seconds + number * once
    text = f"predict {once:.2g} s; {number} of them and fit take {format_seconds(alone)} with one worker"
    if limits.total_seconds is None:
        return [*findings, Finding("time", Level.OK, f"{text}; this phase's limit for the whole run is not known here")]
    text += f"; {phase.name} has {format_seconds(limits.total_seconds)}"
    left = SAFE_SHARE * limits.total_seconds - trial.fit.seconds
    needed = max(-(-number * once // left), 1) if left > 0 else float("inf")
    if needed <= (phase.workers or 1):
        level, remedy = Level.OK, ""
        text += f", enough with {phase.workers} workers" if phase.workers and needed > 1 else ""
    elif phase.workers is None and needed <= OFFICIAL_WORKERS:
        level, text = Level.REMARK, f"{text}, so it needs {needed:.0f} parallel workers"
        remedy = "ask the organisers how many there are, and check with --workers N"
    else:
        level, text = Level.FAILURE, f"{text}: {needed:.0f} workers would be needed"
        remedy = "make predict or fit faster"
    return [*findings, Finding("time", level, text, remedy)]


def _memory(trial: Trial, phase: Phase) -> Finding:
    assert trial.fit is not None
    limit = phase.settings.limits.memory_gigabytes * 1e9
    predict = max(result.peak_memory for result in trial.results)
    if not trial.fit.peak_memory:
        return Finding("memory", Level.WARNING, "cannot be measured on this system", "check again on Linux")
    text = f"fit {trial.fit.peak_memory / 1e9:.2g} GB, predict {predict / 1e9:.2g} GB; the limit is {limit / 1e9:g} GB"
    if max(predict, trial.fit.peak_memory) > SAFE_SHARE * limit:
        return Finding("memory", Level.WARNING, text, "take fewer events at once")
    return Finding("memory", Level.OK, text)


def _output(trial: Trial, phase: Phase) -> list[Finding]:
    findings = []
    calls = len(trial.results) + 1
    printed = trial.fit_printed + trial.predict_printed * phase.settings.number / calls
    text = f"fit prints {trial.fit_printed} bytes, predict {trial.predict_printed // calls} per call"
    if printed > MAX_LOG_BYTES:
        text += f", {printed / 1e6:.3g} MB in total; the log keeps the first {MAX_LOG_BYTES / 1e6:g} MB"
        findings.append(Finding("output", Level.WARNING, text, "print less in predict"))
    else:
        findings.append(Finding("output", Level.OK, text))
    limit = phase.settings.limits.disk_gigabytes * 1e9
    wrote = sum(trial.fit_wrote.values())
    if wrote:
        level = Level.WARNING if wrote > SAFE_SHARE * limit else Level.OK
        text = f"fit writes {_names(trial.fit_wrote)}, {format_size(wrote)}; the limit is {limit / 1e9:g} GB"
        findings.append(Finding("output", level, text, "write less" if level == Level.WARNING else ""))
    if trial.predict_wrote:
        text = f"predict writes files ({_names(trial.predict_wrote)}), which all workers share and which accumulate"
        findings.append(Finding("output", Level.WARNING, text, "write in fit only, or remove them before returning"))
    return findings


def _names(files: dict[str, int]) -> str:
    names = sorted(files)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _problem(error: SubmissionError, log: str) -> str:
    """Return a failed call's message with its traceback, and the last lines that it printed."""
    lines = log.strip().splitlines()[-LAST_LINES:]
    return str(error) + ("\nThe last lines of its output:\n" + "\n".join(lines) if lines else "")


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _remedy(error: SubmissionError) -> str:
    if error.cause is None:
        return "fix what the message names; what the submission prints is shown above"
    return REMEDIES[error.cause]


def _warn(text: str, remedy: str) -> Finding:
    return Finding("answers", Level.WARNING, text, remedy)
