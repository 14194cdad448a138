"""Impacts: known ones are found, they add up to what nuisance parameters cost, and a picture is drawn."""

from pathlib import Path

import numpy as np
import pytest

from higgs_inference.asimov import expected_width
from higgs_inference.fitting import fit
from higgs_inference.impacts import Impact, draw_impacts, find_impacts, format_impacts
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.nuisances import Nuisance
from higgs_inference.templates import Templates
from tests.helpers.made_templates import make_templates

MAIN = Nuisance("main_scale", centre=1.0, width=0.02, nominal=1.0, scales=("main",))
RARE = Nuisance("rare_scale", centre=1.0, width=0.1, nominal=1.0, scales=("rare",))

MADE = [Impact("tes", 0.4, 0.6, -0.21, 0.18), Impact("jes", -1.1, 0.95, 0.04, -0.03)]


def likelihood_of(templates: Templates, mu: float = 1.0) -> BinnedLikelihood:
    counts = templates.by_process(np.array([mu, *np.zeros(len(templates.nuisances))])).sum(axis=0)
    return BinnedLikelihood(templates, counts)


def test_a_scale_in_one_bin_moves_mu_by_what_it_adds() -> None:
    """The only bin cannot tell signal from background: mu S + (1 + 0.02 a) M stays as it is."""
    templates = make_templates(bins=1, nuisances=(MAIN,), depth=np.inf)
    likelihood = likelihood_of(templates)
    impact = find_impacts(likelihood, fit(likelihood))[0]
    expected = 0.02 * templates.nominal[1, 0] / templates.nominal[0, 0]
    assert (impact.name, impact.pull) == ("main_scale", pytest.approx(0.0, abs=0.01))
    assert impact.error == pytest.approx(1.0, rel=0.02)
    assert (impact.down, impact.up) == pytest.approx((expected, -expected), rel=0.03)
    assert impact.size == max(abs(impact.down), abs(impact.up))


def test_impacts_add_up_in_squares_to_the_cost_of_the_nuisance_parameters() -> None:
    """Where they do not correlate, the variance of mu is that of the counts and the squares of the impacts."""
    templates = make_templates(bins=1, nuisances=(MAIN, RARE), depth=np.inf)
    likelihood = likelihood_of(templates)
    impacts = find_impacts(likelihood, fit(likelihood))
    total = expected_width(templates, 1.0) / 2
    statistics = expected_width(templates, 1.0, fixed=["main_scale", "rare_scale"]) / 2
    assert [one.name for one in impacts] == ["main_scale", "rare_scale"]  # the largest first
    assert sum(one.size**2 for one in impacts) == pytest.approx(total**2 - statistics**2, rel=0.05)


def test_what_the_data_know_has_a_smaller_error_than_its_prior() -> None:
    likelihood = likelihood_of(make_templates())
    errors = {one.name: one.error for one in find_impacts(likelihood, fit(likelihood))}
    assert errors["scale"] < 0.7
    assert errors["shift"] > 0.9


def test_the_table_shows_pulls_and_impacts() -> None:
    assert format_impacts(MADE).splitlines() == [
        "| Nuisance parameter | Pull | Impact on mu |",
        "|---|---|---|",
        "| tes | +0.40 ± 0.60 | -0.210, +0.180 |",
        "| jes | -1.10 ± 0.95 | +0.040, -0.030 |",
    ]


@pytest.mark.parametrize(("ending", "beginning"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_picture_is_drawn(tmp_path: Path, ending: str, beginning: bytes) -> None:
    path = tmp_path / f"impacts.{ending}"
    draw_impacts(MADE, path)
    assert path.read_bytes().startswith(beginning)


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="no nuisance parameters"):
        draw_impacts([], Path("impacts.png"))
