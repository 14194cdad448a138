"""The tool that fits the generator's numbers."""

import math

import numpy as np
import pytest

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.simulation import simulate
from higgs_challenge.tasks.higgs.simulation.tuning import TUNING, Tuning
from higgs_tools.tuning.tune_simulation import check_numbers, fit
from higgs_tools.tuning.tuning_targets import COMPONENTS, Residuals, get_number, make_sample, set_number
from tests.helpers.commands import start


@pytest.mark.parametrize(
    "path", ["detector.met_noise", "z.radiation.scale", "higgs.fusion_pt.1", "higgs.mode_shares.0", "diboson.w_z"]
)
def test_a_number_is_replaced_and_no_other(path: str) -> None:
    changed = set_number(TUNING, path, 0.321)
    assert get_number(changed, path) == 0.321
    back = set_number(changed, path, get_number(TUNING, path))
    assert str(back) == str(TUNING)


def test_radiation_is_tabulated_anew() -> None:
    more = set_number(TUNING, "z.radiation.strength", 2 * TUNING.z.radiation.strength).z.radiation
    assert more.rate == pytest.approx(2 * TUNING.z.radiation.rate)


def test_fit_finds_the_least_squares() -> None:
    def residuals(tuning: Tuning) -> dict[str, float]:
        return {
            "scale": 100 * math.log(tuning.z.radiation.scale / 80.0),
            "noise": 100 * math.log(tuning.detector.met_noise / 3.0),
        }

    found = fit(TUNING, ["z.radiation.scale", "detector.met_noise"], residuals, 6)
    assert found.z.radiation.scale == pytest.approx(80.0, rel=1e-2)
    assert found.detector.met_noise == pytest.approx(3.0, rel=1e-2)


def test_residuals_are_small_for_the_generator_itself_and_large_for_another() -> None:
    """Of 16 columns in up to 8 bins, weighted with 0.6, a mean square above 1 has a probability below 1e-6."""
    residuals = Residuals("ztautau", 60_000, [make_sample("own", simulate("ztautau", 3_000, 9))])
    own, other = (
        np.mean([value**2 for name, value in residuals(tuning).items() if name.startswith("own")])
        for tuning in (TUNING, set_number(TUNING, "z.radiation.strength", 0.4))
    )
    assert own < 1.0
    assert other > 3.0


def test_every_component_names_numbers_of_the_tuning() -> None:
    for components in COMPONENTS.values():
        for component in components:
            for path in component.changes:
                get_number(TUNING, path)


@pytest.mark.parametrize("path", ["foo", "z.foo", "higgs.fusion_pt.7", "z.radiation", "z.radiation.momenta"])
def test_names_that_are_no_numbers_are_refused(path: str) -> None:
    with pytest.raises(InputError, match="is not a number"):
        check_numbers([path])


def test_command_explains_itself() -> None:
    shown = start("tune-simulation", "--help").stdout
    assert "--official" in shown
    assert "--pythia" in shown
