"""Expected counts, their derivatives, and merged bins."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgs_inference.nuisances import HIGGS, Nuisance
from higgs_inference.templates import Templates, num_terms, slopes_of_terms, terms
from tests.helpers.made_templates import NUISANCES, SHIFT, any_parameters, any_templates, make_templates, merge_bins


def test_counts_follow_the_formula_for_one_process_at_a_time() -> None:
    templates = make_templates(bins=3)
    pulls = {"shift": 0.7, "noise": 0.3, "rare_scale": -1.0, "scale": 2.0}
    shifts = 0.7, np.exp(0.3)
    changes = np.exp(
        sum(
            templates.response[:, :, place] * term
            for place, term in enumerate([*shifts, shifts[0] ** 2, shifts[0] * shifts[1], shifts[1] ** 2])
        )
    )

    counts = templates.by_process(np.array([1.5, *pulls.values()]))

    factors = np.array([[1.5], [1.1], [0.75 * 1.1]])
    assert counts == pytest.approx(factors * templates.nominal * changes)
    assert templates.factors(np.array([1.5, *pulls.values()])) == pytest.approx(factors[:, 0])


@given(any_templates(), st.integers(0, 2**32))
def test_derivatives_are_finite_differences(templates: Templates, seed: int) -> None:
    parameters = any_parameters(np.random.default_rng(seed), templates)
    at = templates.expect(parameters)

    def counts(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        each = templates.by_process(values)
        return each.sum(axis=0), each[1:].sum(axis=0)

    assert at.total == pytest.approx(counts(parameters)[0])
    assert at.background == pytest.approx(counts(parameters)[1], abs=1e-9)
    step = 1e-6
    for number, move in enumerate(np.eye(len(parameters)) * step):
        up, down = counts(parameters + move), counts(parameters - move)
        expected = (up[0] - down[0]) / (2 * step), (up[1] - down[1]) / (2 * step)
        reach = 1e-5 * (np.abs(at.total).max() + templates.nominal.max())
        assert at.total_by_parameter[number] == pytest.approx(expected[0], abs=reach)
        assert at.background_by_parameter[number] == pytest.approx(expected[1], abs=reach)


@given(st.lists(st.floats(-3, 3), max_size=4))
def test_slopes_are_those_of_the_terms(shifts: list[float]) -> None:
    slopes = slopes_of_terms(shifts)
    assert slopes.shape == (len(terms(shifts)), len(shifts))
    for number in range(len(shifts)):
        up, down = ([one + side * (place == number) for place, one in enumerate(shifts)] for side in (0.5, -0.5))
        assert slopes[:, number] == pytest.approx(terms(up) - terms(down), abs=1e-9)


def test_a_response_to_the_challenge_has_nine_terms() -> None:
    assert num_terms(HIGGS) == 9
    assert num_terms(()) == 0


@given(any_templates(), st.integers(0, 2**32))
def test_merged_bins_keep_all_counts_where_processes_respond_alike(templates: Templates, seed: int) -> None:
    rng = np.random.default_rng(seed)
    alike = replace(templates, response=np.repeat(templates.response[:, :1], templates.bins, axis=1))
    groups = rng.integers(0, 3, templates.bins)
    parameters = any_parameters(rng, templates)

    merged = merge_bins(alike, groups)

    each = [alike.by_process(parameters)[:, groups == group].sum(axis=1) for group in range(groups.max() + 1)]
    assert merged.by_process(parameters) == pytest.approx(np.stack(each, axis=1))
    assert merged.variance.sum() == pytest.approx(templates.variance.sum())


def test_merged_responses_are_averages_by_counts() -> None:
    templates = make_templates(bins=2, nuisances=(SHIFT,))
    merged = merge_bins(templates, np.array([0, 0]))
    expected = np.average(templates.response[1, :, 0], weights=templates.nominal[1])
    assert merged.response[1, 0, 0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"signal": "higgs"}, "the signal higgs is none of the processes signal, main, rare"),
        ({"nominal": np.ones((2, 12))}, r"shape \(3, bins\); got \(2, 12\)"),
        ({"nominal": np.ones(12)}, r"shape \(3, bins\); got \(12,\)"),
        ({"variance": np.ones((3, 11))}, r"and \(3, 11\)"),
        ({"response": np.zeros((3, 12, 2))}, r"responses of shape \(3, 12, 5\); got \(3, 12, 2\)"),
        ({"nominal": np.full((3, 12), -1.0)}, "not below 0"),
        ({"variance": np.full((3, 12), np.nan)}, "must be numbers"),
        ({"nuisances": (*NUISANCES[:2], Nuisance("s", centre=1.0, scales=("signal",)))}, "s scales signal, which"),
        ({"nuisances": (*NUISANCES[:2], Nuisance("s", centre=1.0, scales=("tbar",)))}, "none of the backgrounds"),
    ],
)
def test_what_does_not_fit_together_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(make_templates(), **change)
