"""Settings and limits of the platform's phases, from the kit's phases/NAME/settings.yaml or any other folder."""

from dataclasses import dataclass
from pathlib import Path

from higgs_challenge.errors import InputError
from higgs_challenge.experiments import Settings, load_settings
from higgs_challenge.experiments.settings import SETTINGS_FILE

PHASES = "phases"
OFFICIAL_WORKERS = 10
"""Parallel submission processes on the smaller of the machines for which the official time budget was set."""


@dataclass(frozen=True)
class Phase:
    """A phase of the competition, as a check needs it.

    Attributes:
        name: of the phase.
        settings: numbers of pseudo-experiments, ranges and limits.
        workers: processes that share the pseudo-experiments; None if unknown.
    """

    name: str
    settings: Settings
    workers: int | None = None


def find_phase(name: str, kit: Path, time_limit: float | None = None, workers: int | None = None) -> Phase:
    """Read the settings of a phase.

    Args:
        name: of a phase that the kit knows, or a folder with settings.yaml.
        kit: the starting kit's folder.
        time_limit: seconds for the whole run, overriding the settings.
        workers: processes that share the pseudo-experiments.

    Raises:
        InputError: there is no such phase, or its settings are wrong.
    """
    folders = [kit / PHASES / name, Path(name)]
    found = [folder for folder in folders if (folder / SETTINGS_FILE).is_file()]
    if not found:
        known = sorted(path.parent.name for path in (kit / PHASES).glob(f"*/{SETTINGS_FILE}"))
        raise InputError(
            f"There is no phase {name}: expected {' or '.join(known) or 'a phase'} of {kit / PHASES}, or a folder with "
            f"{SETTINGS_FILE}."
        )
    settings = load_settings(found[0] / SETTINGS_FILE)
    if time_limit is not None:
        limits = settings.limits.model_copy(update={"total_seconds": time_limit})
        settings = settings.model_copy(update={"limits": limits})
    return Phase(found[0].name, settings, workers)
