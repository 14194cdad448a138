"""The competition's pages: templates whose numbers come from the code's constants, so that none can be out of date.

A page is a Jinja2 template that reads well as it stands. What it may name is in groups, each gathered only for a page
that names it: `phases`, `score`, `environment`, and `data`, to which a task adds what only its own pages name.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta

from higgs_challenge.errors import InputError
from higgs_challenge.experiments.settings import SETTINGS_FILE, Settings, load_settings
from higgs_challenge.submission import log
from higgs_challenge.task import Prior
from higgs_challenge.tasks import load_task
from higgs_scoring import bootstrap, metrics, ranking, truth
from higgs_tools.bundle.competition_file import Competition, Phase
from higgs_tools.bundle.task_files import find

CONSTRAINTS = "constraints.txt"

EXAMPLE_WIDTH = 0.5
"""Mean width of the intervals in the page's examples of a score."""

EXAMPLE_DISTANCES = {"honest": 0.0, "narrow": -2.5, "bad": -4.0, "wide": 4.0}
"""How far the coverage of each example is from the target, in standard deviations."""

Group = Callable[[], Mapping[str, Any]]


def page_numbers(folders: Sequence[Path], competition: Competition) -> dict[str, Group]:
    """Return the groups of numbers that a page may name, each to be gathered when it is called.

    Args:
        folders: of the competition, see task_files, with input_data/<phase>/settings.yaml for each
            ingestion_program_<phase>.zip.
        competition: its parsed competition.yaml.

    Returns:
        A function for each group. Those of phases and data raise InputError where settings are missing or wrong.
    """
    return {
        "phases": cache(partial(gather_phases, folders, competition)),
        "score": cache(gather_score),
        "environment": cache(partial(gather_environment, folders, competition)),
        "data": cache(partial(gather_data, folders, competition)),
    }


def gather_phases(folders: Sequence[Path], competition: Competition) -> dict[str, dict[str, Any]]:
    """Collect for each phase, by its name in lower case, its size, its limits and the coverage that costs nothing."""
    return {phase.name.lower(): _describe_phase(folders, competition, phase) for phase in competition.phases}


def _load_phase(folders: Sequence[Path], competition: Competition, phase: Phase) -> Settings:
    archive = next((task.ingestion_program for task in competition.tasks if task.index == phase.tasks[0]), None)
    phase_folder = (archive or "").removeprefix("ingestion_program_").removesuffix(".zip")
    path = find(folders, f"input_data/{phase_folder}/{SETTINGS_FILE}")
    if not path.is_file():
        raise InputError(f"There is no {path}, whose numbers the pages name; add the settings of phase {phase.name}.")
    return load_settings(path)


def _describe_phase(folders: Sequence[Path], competition: Competition, phase: Phase) -> dict[str, Any]:
    settings = _load_phase(folders, competition, phase)
    lowest, highest = metrics.allowed_coverage(settings.number)
    run_time = settings.limits.total_seconds or phase.time_limit
    return {
        "sets": settings.num_of_sets,
        "pseudo_experiments": settings.num_pseudo_experiments,
        "number": thousands(settings.number),
        "mu_low": settings.mu_range[0],
        "mu_high": settings.mu_range[1],
        "start": str(phase.start),
        "end": str(phase.end or "open"),
        "submissions_a_day": phase.max_submissions_per_day,
        "submissions": phase.max_submissions,
        "run_time": duration(run_time),
        "seconds_each": f"{run_time / settings.number:.2g}",
        "fit_time": duration(settings.limits.fit_seconds),
        "predict_time": duration(settings.limits.predict_seconds),
        "memory": settings.limits.memory_gigabytes,
        "disk": settings.limits.disk_gigabytes,
        "failed_predictions": settings.limits.failed_predictions,
        "events": "made for it alone" if settings.fresh_events else "drawn from the hidden part",
        "sigma": decimals(metrics.coverage_sigma(settings.number)),
        "coverage_low": decimals(lowest),
        "coverage_high": decimals(highest),
        "examples": _example_scores(settings.number),
    }


def _example_scores(number: int) -> dict[str, dict[str, Any]]:
    sigma = metrics.coverage_sigma(number)
    examples = {}
    for name, distance in EXAMPLE_DISTANCES.items():
        coverage = metrics.TARGET_COVERAGE + distance * sigma
        penalty = float(metrics.coverage_penalty(coverage, number))
        examples[name] = {
            "distance": abs(distance),
            "coverage": decimals(coverage),
            "penalty": decimals(penalty, 3),
            "score": decimals(float(metrics.quantile_score(EXAMPLE_WIDTH, penalty)), 2),
        }
    return examples


def gather_score() -> dict[str, Any]:
    """Collect the constants of scoring and of the ranking."""
    missed = 1 - metrics.TARGET_COVERAGE
    return {
        "target": metrics.TARGET_COVERAGE,
        "percent": 100 * metrics.TARGET_COVERAGE,
        "missed": decimals(missed),
        "width_offset": metrics.WIDTH_OFFSET,
        "sigmas": metrics.DEAD_ZONE_SIGMAS,
        "draws": bootstrap.RESAMPLES,
        "beats_percent": 100 * ranking.BEATS,
        "loses_percent": 100 * ranking.LOSES,
        "example_width": EXAMPLE_WIDTH,
        "largest_answer": thousands(truth.MAX_VALUE),
    }


def gather_environment(folders: Sequence[Path], competition: Competition) -> dict[str, Any]:
    """Collect the container image, the version of every pinned package, and how much of a log is kept."""
    pins = (line.partition("==") for line in find(folders, CONSTRAINTS).read_text(encoding="utf-8").splitlines())
    return {
        "image": competition.docker_image,
        "versions": {name.lower().replace("-", "_"): version for name, sign, version in pins if sign},
        "log_megabytes": log.MAX_LOG_BYTES / 1e6,
    }


def gather_data(folders: Sequence[Path], competition: Competition) -> dict[str, Any]:
    """Collect what describes the task that the first phase's settings name: its features, its nuisance parameters."""
    task = load_task(_load_phase(folders, competition, competition.phases[0]).task)
    nominal = task.nuisances()
    return {
        "num_features": len(task.features),
        "nuisances": {
            name: {
                "prior": describe_prior(prior),
                "low": prior.low,
                "high": prior.high,
                "nominal": getattr(nominal, name),
            }
            for name, prior in task.priors.items()
        },
        **task.page_numbers(),
    }


def describe_prior(prior: Prior) -> str:
    """Describe what a nuisance parameter is drawn from.

    >>> describe_prior(Prior("normal", 1.0, 0.01, 0.9, 1.1))
    'normal, mean 1, width 0.01'
    """
    if prior.shape == "lognormal":
        return f"lognormal: its logarithm is normal, mean {shown(prior.centre)}, width {shown(prior.width)}"
    return f"{prior.shape}, mean {shown(prior.centre)}, width {shown(prior.width)}"


def render_page(name: str, text: str, numbers: Mapping[str, Group]) -> str:
    """Put numbers into a page.

    Args:
        name: the page's file, for messages.
        text: the template.
        numbers: from page_numbers.

    Returns:
        The page as Markdown.

    Raises:
        InputError: the template is broken, or names what there is not.
    """
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, finalize=shown, keep_trailing_newline=True, autoescape=False
    )
    environment.filters["thousands"] = thousands
    try:
        named = jinja2.meta.find_undeclared_variables(environment.parse(text))
        if unknown := sorted(named - numbers.keys()):
            raise InputError(f"{name}: names {unknown[0]}; expected one of {', '.join(numbers)}.")
        return environment.from_string(text).render({group: numbers[group]() for group in named})
    except jinja2.TemplateSyntaxError as error:
        raise InputError(f"{name}, line {error.lineno}: {error.message}; correct the braces there.") from error
    except jinja2.UndefinedError as error:
        raise InputError(
            f"{name}: names what there is not ({error.message}); correct it, or tools/higgs_tools/bundle/pages.py."
        ) from error
    except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError) as error:
        raise InputError(f"{name}: cannot be filled in ({error}); correct what is in its braces.") from error


def render_pages(folders: Sequence[Path], competition: Competition) -> dict[str, bytes]:
    """Render the pages and terms of a competition, by their file.

    A file that is missing or no text stays out: the rules of the bundle say so. InputError as in render_page.
    """
    numbers = page_numbers(folders, competition)
    pages = {}
    for name in competition.texts():
        if (text := _read_text(find(folders, name))) is not None:
            pages[name] = render_page(name, text, numbers).encode("utf-8")
    return pages


def _read_text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
        return None


def shown(value: Any) -> Any:
    """Write a number without digits that it does not have; anything else stays as it is.

    >>> [shown(value) for value in (2.0, 100 * 0.6827, 1000, "1 015")]
    ['2', '68.27', 1000, '1 015']
    """
    return f"{value:.10g}" if isinstance(value, float) else value


def decimals(value: float, digits: int = 4) -> str:
    """Write a number with so many digits after the point.

    >>> decimals(1 - 0.6827)
    '0.3173'
    """
    return f"{value:.{digits}f}"


def thousands(value: float) -> str:
    """Write a whole number in groups of three digits, as the field does.

    >>> thousands(1002395.0)
    '1 002 395'
    """
    return f"{value:,.0f}".replace(",", " ")


def duration(seconds: float) -> str:
    """Write a time in the largest unit that divides it.

    >>> duration(60), duration(7200), duration(5400), duration(0.5)
    ('1 minute', '2 hours', '90 minutes', '0.5 seconds')
    """
    units = (("hour", 3600), ("minute", 60), ("second", 1))
    unit, length = next((one for one in units if seconds % one[1] == 0), units[-1])
    return f"{shown(seconds / length)} {unit}{'' if seconds == length else 's'}"
