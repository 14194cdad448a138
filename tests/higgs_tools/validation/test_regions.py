import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_tools.validation import regions
from higgs_tools.validation.targets import INCLUSIVE, REGION_YIELDS
from tests.helpers.handmade import physical_rows

ROWS = physical_rows(np.random.default_rng(1), 5_000, edges=0.1)


def event(mt: float, pt: float, leading: float, subleading: float) -> np.ndarray:
    features = np.zeros((len(FEATURES), 1), np.float32)
    values = {
        "DER_mass_transverse_met_lep": mt,
        "DER_pt_h": pt,
        "PRI_jet_leading_pt": leading,
        "PRI_jet_subleading_pt": subleading,
    }
    for name, value in values.items():
        features[FEATURES.index(name)] = value
    return features


def test_regions_are_the_published_ones() -> None:
    assert list(regions.region_masks(regions.selected(ROWS))) == list(REGION_YIELDS)


def test_regions_divide_the_inclusive_one() -> None:
    masks = regions.region_masks(regions.selected(ROWS))
    inclusive = masks.pop(INCLUSIVE)
    assert inclusive.all()
    np.testing.assert_array_equal(sum(mask.astype(int) for mask in masks.values()), 1)


@pytest.mark.parametrize(
    ("values", "region"),
    [
        ((69.9, 300, 50.1, 30.1), "mT < 70, VBF"),
        ((70.0, 300, 50.1, 30.1), "mT >= 70, VBF"),
        ((10, 99.9, 50.0, 49.0), "mT < 70, not VBF, pt < 100"),
        ((10, 100.0, 90.0, 30.0), "mT < 70, not VBF, pt 100-200"),
        ((80, 200.0, 90.0, -25.0), "mT >= 70, not VBF, pt > 200"),
        ((80, 0.0, -25.0, -25.0), "mT >= 70, not VBF, pt < 100"),
    ],
)
def test_an_event_lies_where_its_values_say(values: tuple[float, ...], region: str) -> None:
    masks = regions.region_masks(event(*values))
    assert [name for name, mask in masks.items() if mask[0]] == [INCLUSIVE, region]


def test_selection_is_the_challenges() -> None:
    kept = regions.selected(ROWS)
    assert (regions.column(kept, "PRI_had_pt") >= 26).all()
    expected = ((ROWS[:, columns.HAD_PT] >= 26) & (ROWS[:, columns.LEP_PT] >= 20)).sum()
    assert kept.shape == (28, expected)
    assert regions.unselected(ROWS).shape == (28, len(ROWS))


def test_counts_do_not_depend_on_blocks() -> None:
    whole = regions.count_regions([ROWS])
    assert regions.count_regions(np.array_split(ROWS, 7)) == whole
    assert regions.region_yields(*whole, expected=10.0)[INCLUSIVE] == pytest.approx(10 * whole[0][INCLUSIVE] / 5_000)
