import json
import math
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from higgs_challenge import InputError, Nuisances
from higgs_challenge.experiments import Plan, Settings, write_truth
from higgs_challenge.experiments.settings import Limits
from higgs_challenge.streams import derive_seed
from higgs_challenge.tasks.higgs.events.nuisances import PRIORS
from tests.helpers.handmade import ONE_IN_A_MILLION, z_limit
from tests.helpers.plans import plan_of

PLANS = 2000

MakePlan = Callable[..., Plan]


@pytest.fixture(scope="module")
def nuisances_of_many_plans() -> list[Nuisances]:
    """Those of one and the same pseudo-experiment in plans of neighbouring seeds."""
    return [plan_of(Settings(random_seed=seed)).experiment(3, 17).nuisances for seed in range(PLANS)]


@pytest.mark.parametrize(("task", "wrong", "right"), [("higgs", "tau", "tes, jes"), ("gaussian", "tes", "shift")])
def test_a_nuisance_parameter_that_the_task_lacks_is_refused(task: str, wrong: str, right: str) -> None:
    with pytest.raises(
        InputError, match=f"systematics: expected .* of the task {task}, which are {right}.*; got {wrong}"
    ):
        plan_of(Settings(task=task, systematics={wrong: True}))


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(InputError, match="There is no task bosons; the tasks are gaussian, higgs"):
        plan_of(Settings(task="bosons"))


def test_a_nuisance_parameter_that_is_not_named_acts() -> None:
    assert plan_of(Settings(systematics={"tes": False})).active == [name for name in PRIORS if name != "tes"]


def test_a_plan_is_the_same_every_time(plan: MakePlan) -> None:
    first, second = plan(random_seed=5), plan(random_seed=5)
    assert first.mus == second.mus
    assert [first.experiment(*key) for key in [(0, 0), (9, 99)]] == [
        second.experiment(*key) for key in [(0, 0), (9, 99)]
    ]


def test_a_pseudo_experiment_does_not_depend_on_which_others_there_are(plan: MakePlan) -> None:
    small, large = plan(num_of_sets=3, num_pseudo_experiments=4), plan(num_of_sets=50, num_pseudo_experiments=60)
    assert small.mus == large.mus[:3]
    later_first = [large.experiment(*key) for key in reversed(list(small.keys()))]
    assert list(reversed(later_first)) == [small.experiment(*key) for key in small.keys()]  # noqa: SIM118


def test_a_set_has_one_mu_and_many_nuisance_values(plan: MakePlan) -> None:
    some = plan(num_of_sets=2, num_pseudo_experiments=30)
    experiments = [some.experiment(1, index) for index in range(30)]
    assert {experiment.mu for experiment in experiments} == {some.mus[1]}
    assert len({experiment.nuisances.tes for experiment in experiments}) == 30


def test_keys_go_through_every_pseudo_experiment_once(plan: MakePlan) -> None:
    keys = list(plan(num_of_sets=3, num_pseudo_experiments=2).keys())
    assert keys == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]


@pytest.mark.parametrize("bounds", [(0.1, 3.0), (1.0, 1.5)])
def test_mu_is_uniform(plan: MakePlan, bounds: tuple[float, float]) -> None:
    low, high = bounds
    mus = plan(num_of_sets=PLANS, mu_range=bounds).mus
    assert stats.kstest(mus, stats.uniform(low, high - low).cdf).pvalue > ONE_IN_A_MILLION / 2


def test_mu_is_uniform_over_seeds(plan: MakePlan) -> None:
    """Neighbouring seeds give unrelated plans."""
    mus = [plan(num_of_sets=1, random_seed=seed).mus[0] for seed in range(PLANS)]
    assert stats.kstest(mus, stats.uniform(0.1, 2.9).cdf).pvalue > ONE_IN_A_MILLION / 2
    assert abs(np.corrcoef(mus[:-1], mus[1:])[0, 1]) * math.sqrt(PLANS - 1) < z_limit(2)


def test_neighbouring_seeds_share_no_mu(plan: MakePlan) -> None:
    assert set(plan(random_seed=5).mus).isdisjoint(plan(random_seed=6).mus)


def test_a_mu_that_is_not_uniform_would_be_noticed(plan: MakePlan) -> None:
    mus = plan(num_of_sets=PLANS, mu_range=(0.1, 2.8)).mus
    assert stats.kstest(mus, stats.uniform(0.1, 2.9).cdf).pvalue < ONE_IN_A_MILLION / 2


def unclipped(name: str, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Turn values back into standard normal deviates, those at a clipping end left out with both tails alike."""
    prior = PRIORS[name]
    logs = np.log(values) if prior.shape == "lognormal" else values
    return (logs - prior.centre) / prior.width


@pytest.mark.parametrize("name", PRIORS)
def test_nuisance_values_of_many_plans_follow_their_prior(nuisances_of_many_plans: list[Nuisances], name: str) -> None:
    """Kolmogorov's distance below the clipping end; clipping moves values only beyond it."""
    deviates = np.sort(unclipped(name, np.array([getattr(values, name) for values in nuisances_of_many_plans])))
    end = unclipped(name, np.array([PRIORS[name].high - 1e-9]))[0]
    start = -4.0  # further down than any of 2 000 deviates, and above the lower end of every prior
    inside = (deviates > start) & (deviates < end)
    ranks = np.arange(PLANS) / PLANS
    expected = stats.norm.cdf(deviates)
    distance = np.abs(np.concatenate([expected - ranks, expected - ranks - 1 / PLANS])[np.tile(inside, 2)]).max()
    assert inside.mean() > 0.9
    assert stats.kstwo.sf(distance, PLANS) > ONE_IN_A_MILLION / len(PRIORS)


def test_nuisance_values_of_one_pseudo_experiment_are_independent(nuisances_of_many_plans: list[Nuisances]) -> None:
    values = np.array([list(asdict(nuisances).values()) for nuisances in nuisances_of_many_plans])
    correlations = np.corrcoef(values.T)[np.triu_indices(len(PRIORS), 1)]
    assert (np.abs(correlations) * math.sqrt(PLANS) < z_limit(len(correlations))).all()


@pytest.mark.parametrize(("set_step", "step"), [(0, 1), (1, 0), (1, -1)])
def test_nuisance_values_of_neighbours_are_independent(plan: MakePlan, set_step: int, step: int) -> None:
    some = plan(num_of_sets=2, num_pseudo_experiments=PLANS)

    def values(set_index: int, index: int) -> list[float]:
        return list(asdict(some.experiment(set_index, index).nuisances).values())

    first = np.array([values(0, index) for index in range(1, PLANS - 1)])
    second = np.array([values(set_step, index + step) for index in range(1, PLANS - 1)])
    correlations = np.corrcoef(first.T, second.T)[: len(PRIORS), len(PRIORS) :]
    assert (np.abs(correlations) * math.sqrt(len(first)) < z_limit(3 * correlations.size)).all()


def test_only_active_nuisance_parameters_move(plan: MakePlan) -> None:
    everything = plan().experiment(2, 3).nuisances
    only = plan(systematics={"tes": False, "soft_met": False, "bkg_scale": False}).experiment(2, 3).nuisances
    assert only == replace(everything, tes=1.0, soft_met=0.0, bkg_scale=1.0)
    assert everything.tes != 1.0


@pytest.mark.parametrize(
    "changes",
    [
        {"num_of_sets": 11},
        {"num_pseudo_experiments": 99},
        {"mu_range": (0.1, 2.9)},
        {"systematics": {"bkg_scale": False}},
        {"random_seed": 31416},
        {"task": "gaussian"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_fingerprint_changes_with_what_decides_the_truth(plan: MakePlan, changes: dict[str, Any]) -> None:
    assert plan(**changes).fingerprint != plan().fingerprint


def test_the_fingerprint_does_not_change_with_limits(plan: MakePlan) -> None:
    assert plan(limits=Limits(fit_seconds=1.0, predict_seconds=2.0)).fingerprint == plan().fingerprint


def test_the_fingerprint_does_not_change_with_what_reports_reveal(plan: MakePlan) -> None:
    assert plan(reveal="all").fingerprint == plan().fingerprint


def test_the_fingerprint_does_not_change_with_where_events_come_from(plan: MakePlan) -> None:
    assert plan(fresh_events=True).fingerprint == plan().fingerprint


def test_every_setting_is_part_of_the_fingerprint_or_said_not_to_be(plan: MakePlan) -> None:
    """A new setting needs a decision, and a case above."""
    deciding = {"task", "num_of_sets", "num_pseudo_experiments", "mu_range", "systematics", "random_seed"}
    known = deciding | {"limits", "reveal", "fresh_events"}
    assert set(Settings.model_fields) == known


def test_the_signature_key_is_the_seeds_own_and_tells_no_stream(plan: MakePlan) -> None:
    some = plan(random_seed=5)
    assert re.fullmatch("[0-9a-f]{32}", some.signature_key)
    assert some.signature_key == plan(random_seed=5, num_of_sets=3).signature_key
    assert len({plan(random_seed=seed).signature_key for seed in range(PLANS)}) == PLANS
    streams = (("mu", 0), ("nuisances", 0, 0), ("order of work",), ("order check",))
    assert int(some.signature_key, 16) not in {derive_seed(5, *names) for names in streams}


def test_the_truth_files_say_what_scoring_needs(plan: MakePlan, tmp_path: Path) -> None:
    some = plan(num_of_sets=3, num_pseudo_experiments=7, mu_range=(0.2, 2.9), reveal="mu", systematics={"jes": False})
    done: list[int] = []
    folder = tmp_path / "new" / "reference"
    written = write_truth(some, folder, done.append)
    assert written == [folder / "truth.json", folder / "true_nuisances.json"]
    assert sorted(folder.iterdir()) == sorted(written)
    assert json.loads(written[0].read_text()) == {
        "title": "HiggsML Uncertainty Challenge",
        "plan_fingerprint": some.fingerprint,
        "signature_key": some.signature_key,
        "num_pseudo_experiments": 7,
        "reveal": "mu",
        "mu_range": [0.2, 2.9],
        "ground_truth_mus": list(some.mus),
    }
    nuisances = json.loads(written[1].read_text())
    assert nuisances.pop("plan_fingerprint") == some.fingerprint
    assert list(nuisances) == ["tes", "soft_met", "ttbar_scale", "diboson_scale", "bkg_scale"]
    for name, values in nuisances.items():
        for set_index, index in some.keys():  # noqa: SIM118
            drawn = getattr(some.experiment(set_index, index).nuisances, name)
            assert values[set_index][index] == pytest.approx(drawn, abs=5.1e-7)
        assert [len(one_set) for one_set in values] == [7, 7, 7]
    assert done == [7, 14, 21]
