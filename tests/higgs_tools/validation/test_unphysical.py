from pathlib import Path

import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.columns import MISSING
from higgs_tools.validation.samples import read_real
from higgs_tools.validation.unphysical import count_unphysical

EVENT = np.zeros((1, 16), np.float32)
for place, value in {
    columns.LEP_PT: 30,
    columns.HAD_PT: 40,
    columns.MET: 20,
    columns.N_JETS: 3,
    columns.JET1_PT: 60,
    columns.JET2_PT: 50,
    columns.JET_ALL_PT: 140,
}.items():
    EVENT[0, place] = value


def test_a_possible_event_breaks_no_rule() -> None:
    assert set(count_unphysical(EVENT).values()) == {0}


def test_nothing_breaks_no_rule() -> None:
    assert set(count_unphysical(EVENT[:0]).values()) == {0}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({columns.MET: np.nan}, "finite"),
        ({columns.LEP_PT: np.inf}, "finite"),
        ({columns.LEP_PT: 19.9}, "lepton"),
        ({columns.LEP_ETA: -2.6}, "lepton"),
        ({columns.HAD_PT: 21.0}, "tau"),
        ({columns.HAD_ETA: 2.8}, "tau"),
        ({columns.MET: -1.0}, "missing momentum"),
        ({columns.MET_PHI: 3.2}, "azimuths"),
        ({columns.JET1_ETA: 5.0}, "within |eta| 4.9"),
        ({columns.JET2_PT: 20.0, columns.JET_ALL_PT: 100.0}, "jets above"),
        ({columns.JET2_PT: 61.0, columns.JET_ALL_PT: 155.0}, "leading jet not below"),
        ({columns.JET_ALL_PT: 100.0}, "at least leading plus subleading"),
        ({columns.JET_ALL_PT: 125.0}, "can be made"),
        ({columns.JET_ALL_PT: 165.0}, "can be made"),
        ({columns.N_JETS: 2.0}, "can be made"),
        ({columns.N_JETS: 1.0, columns.JET_ALL_PT: 60.0}, "as many jets"),
        ({columns.N_JETS: 2.5}, "as many jets"),
        ({columns.JET2_PT: MISSING, columns.JET2_ETA: MISSING, columns.JET2_PHI: MISSING}, "as many jets"),
    ],
)
def test_every_rule_counts(changes: dict[int, float], rule: str) -> None:
    rows = np.repeat(EVENT, 3, axis=0)
    for place, value in changes.items():
        rows[1, place] = value
    broken = {name: count for name, count in count_unphysical(rows).items() if count}
    assert any(rule in name for name in broken)
    assert set(broken.values()) == {1}


def test_real_rows_break_no_rule(official_sample: Path) -> None:
    for sample in read_real(official_sample).values():
        assert set(count_unphysical(sample.rows).values()) == {0}
