import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.columns import PRIMARY
from higgs_challenge.tasks.higgs.events.transform import transform
from higgs_challenge.tasks.higgs.simulation import simulate
from higgs_tools.validation import synthetic
from higgs_tools.validation.regions import region_masks
from tests.helpers.handmade import physical_rows


def test_synthetic_events_are_counted_all_and_kept_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "KEPT_EVENTS", 1_000)
    done: list[int] = []
    made = synthetic.make_synthetic("ttbar", 1, 70_000, done.append)
    assert made.sample.rows.shape == (1_000, len(PRIMARY))
    assert made.total == done[-1] == 70_000
    assert 0.9 < made.counts["inclusive"] / 70_000 < 1


def test_thinned_events_are_all_near_the_vbf_regions_and_stand_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "KEPT_OTHERS", 700)
    made = synthetic.make_synthetic("ttbar", 1, 70_000, lambda _: None)
    rows, weights = simulate("ttbar", 70_000, 1), made.thinned.weights
    near = synthetic.near_vbf(rows)
    np.testing.assert_array_equal(made.thinned.rows[weights == 1], rows[near])
    np.testing.assert_array_equal(made.thinned.rows[weights != 1], rows[~near][:700])
    assert weights.sum() == pytest.approx(70_000)


def test_no_scale_brings_a_distant_event_into_a_vbf_region() -> None:
    rows = physical_rows(np.random.default_rng(7), 40_000)
    rows[:, columns.JET1_PT] = np.maximum(rows[:, columns.JET1_PT], rows[:, columns.JET2_PT])
    features, kept = transform(rows, jes=1.03)
    masks = region_masks(features)
    inside = kept[masks["mT < 70, VBF"] | masks["mT >= 70, VBF"]]
    near = synthetic.near_vbf(rows)
    assert near[inside].all()
    assert near.mean() < 0.8
