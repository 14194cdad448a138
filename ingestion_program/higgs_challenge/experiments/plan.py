"""The plan of a run: the signal strength and nuisance parameters of every pseudo-experiment."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from higgs_challenge.atomic import write_json
from higgs_challenge.errors import InputError
from higgs_challenge.experiments.settings import SETTINGS_FILE, Settings, load_settings
from higgs_challenge.streams import derive_seed, stream
from higgs_challenge.task import Experiment, Task
from higgs_challenge.tasks import load_task

TRUTH_FILE = "truth.json"
NUISANCES_FILE = "true_nuisances.json"
NUISANCE_DECIMALS = 6
"""Enough for pictures and tests, as the narrowest prior is 0.001 wide; more would double the file."""


@dataclass(frozen=True)
class Plan:
    """All pseudo-experiments of a run; each is computed on request, from its own random streams.

    Attributes:
        mus: true signal strength of every set.
        settings: from which the plan was made, completed with every nuisance parameter of the task.
        task: the measurement.
    """

    mus: tuple[float, ...]
    settings: Settings
    task: Task

    @property
    def active(self) -> list[str]:
        """The nuisance parameters that are drawn from their priors."""
        return [name for name, acts in self.settings.systematics.items() if acts]

    def experiment(self, set_index: int, index: int) -> Experiment:
        """Return one pseudo-experiment, independent of which others are requested, and in which order."""
        rng = stream(self.settings.random_seed, "nuisances", set_index, index)
        nuisances = self.task.draw_nuisances(rng, self.active)
        return Experiment(set_index, index, self.mus[set_index], nuisances, self.settings.random_seed)

    def keys(self) -> Iterator[tuple[int, int]]:
        """Iterate over (set, index) of every pseudo-experiment, set by set."""
        for set_index in range(self.settings.num_of_sets):
            for index in range(self.settings.num_pseudo_experiments):
                yield set_index, index

    @property
    def fingerprint(self) -> str:
        """A hash of everything that determines the true values; it distinguishes plans without revealing them."""
        deciding = self.settings.model_dump(mode="json", exclude={"limits", "reveal", "fresh_events"})
        return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()

    @property
    def signature_key(self) -> str:
        """The key that signs a run's results, hexadecimal; neither the seed nor a stream can be derived from it."""
        return f"{derive_seed(self.settings.random_seed, 'signature'):032x}"


def load_plan(phase: Path, replaced: Mapping[str, Any] | None = None, acting: Sequence[str] = ()) -> Plan:
    """Read a phase's settings and make its plan.

    Args:
        phase: folder with settings.yaml; without that file, the settings are the official ones.
        replaced: settings to use instead of the file's.
        acting: nuisance parameters to draw, all others being nominal; empty for those that the settings name.

    Raises:
        InputError: names the file whose settings cannot be used.
    """
    path = phase / SETTINGS_FILE
    settings = load_settings(path, replaced)
    try:
        task = load_task(settings.task)
        if acting:
            systematics = dict.fromkeys(task.priors, False) | dict.fromkeys(acting, True)
            settings = settings.model_copy(update={"systematics": systematics})
        return make_plan(settings, task)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def make_plan(settings: Settings, task: Task) -> Plan:
    """Draw the sets' signal strengths; deterministic in the settings.

    Args:
        settings: of the phase; a nuisance parameter that they do not name is drawn.
        task: that they name.

    Raises:
        InputError: the settings name a nuisance parameter, or ask for fresh events, that the task does not have.
    """
    task.opener(settings.fresh_events)
    if unknown := settings.systematics.keys() - task.priors.keys():
        wrong, right = ", ".join(sorted(unknown)), ", ".join(task.priors)
        raise InputError(
            f"systematics: expected nuisance parameters of the task {settings.task}, which are {right}; got {wrong}."
        )
    acting = {name: settings.systematics.get(name, True) for name in task.priors}
    settings = settings.model_copy(update={"systematics": acting})
    low, high = settings.mu_range
    seeds = (stream(settings.random_seed, "mu", number) for number in range(settings.num_of_sets))
    return Plan(tuple(float(rng.uniform(low, high)) for rng in seeds), settings, task)


def write_truth(plan: Plan, folder: Path, advance: Callable[[int], object] = lambda done: None) -> list[Path]:
    """Write a plan's truth for the scoring program.

    Args:
        plan: the plan.
        folder: reference folder, created if need be; no submission may ever read it.
        advance: called with the number of pseudo-experiments done, set by set; the final phase takes seconds.

    Returns:
        The files written: truth.json (title, fingerprint, key of the signature, number of pseudo-experiments, signal
        strengths by set number, the range of mu, what reports may reveal) and true_nuisances.json (for each nuisance
        parameter that acts one list per set).
    """
    folder.mkdir(parents=True, exist_ok=True)
    truth = {
        "title": plan.task.title,
        "plan_fingerprint": plan.fingerprint,
        "signature_key": plan.signature_key,
        "num_pseudo_experiments": plan.settings.num_pseudo_experiments,
        "reveal": plan.settings.reveal,
        "mu_range": list(plan.settings.mu_range),
        "ground_truth_mus": list(plan.mus),
    }
    nuisances = {"plan_fingerprint": plan.fingerprint, **_collect_nuisances(plan, advance)}
    write_json(folder / TRUTH_FILE, truth)
    write_json(folder / NUISANCES_FILE, nuisances, indent=None)
    return [folder / TRUTH_FILE, folder / NUISANCES_FILE]


def _collect_nuisances(plan: Plan, advance: Callable[[int], object]) -> dict[str, list[list[float]]]:
    """Return the values of each nuisance parameter that is drawn, one list per set."""
    names, per_set = plan.active, plan.settings.num_pseudo_experiments
    values: dict[str, list[list[float]]] = {name: [] for name in names}
    for set_index in range(plan.settings.num_of_sets):
        drawn = [plan.experiment(set_index, index).nuisances for index in range(per_set)]
        for name in names:
            values[name].append([round(getattr(one, name), NUISANCE_DECIMALS) for one in drawn])
        advance((set_index + 1) * per_set)
    return values
