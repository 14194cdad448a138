from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from higgs_challenge.tasks.higgs.events.columns import FEATURES, MISSING, PROCESSES
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS
from higgs_tools.validation import targets
from higgs_tools.validation.compare import rank_correlation
from tests.helpers.handmade import PARQUET


@pytest.mark.parametrize(
    ("text", "value", "half"), [("34.2", 34.2, 0.05), ("75", 75.0, 0.5), ("-0.20", -0.2, 0.005), ("0", 0.0, 0.5)]
)
def test_rounded_numbers_know_their_digits(text: str, value: float, half: float) -> None:
    assert targets.rounded(text) == pytest.approx((value, half))


def test_regions_add_up_to_the_inclusive_yield() -> None:
    for process in PROCESSES:
        yields = {region: numbers[process] for region, numbers in targets.REGION_YIELDS.items()}
        inclusive = yields.pop(targets.INCLUSIVE)
        # Eight numbers rounded to 0.01.
        assert sum(yields.values()) == pytest.approx(inclusive, abs=0.05)
        assert inclusive < NOMINAL_YIELDS[process]


def test_every_number_belongs_to_a_column() -> None:
    assert set(targets.QUANTILES) <= set(FEATURES)
    assert {name for pair in targets.RANK_CORRELATIONS for name in pair} <= set(FEATURES)
    for quantiles in targets.QUANTILES.values():
        assert all(low < middle < high for low, middle, high in quantiles.values())


@pytest.fixture(scope="module")
def real(official_sample: Path) -> dict[str, pd.DataFrame]:
    frame = pd.read_parquet(official_sample / PARQUET)
    if len(frame) != 1_000:
        pytest.skip("the published quantiles are those of the 1 000-row sample, and this is another file")
    return {process: frame[frame.detailed_labels == process] for process in targets.SAMPLE_ROWS}


@pytest.mark.parametrize("process", targets.SAMPLE_ROWS)
def test_sample_has_the_published_rows_quantiles_and_jets(real: dict[str, pd.DataFrame], process: str) -> None:
    rows = real[process]
    assert len(rows) == targets.SAMPLE_ROWS[process]
    shares = [(rows.PRI_n_jets == jets).mean() for jets in range(5)]
    for share, printed in zip(shares, targets.JET_FRACTIONS[process], strict=True):
        assert share == pytest.approx(printed.value, abs=1.0001 * printed.half_digit)
    for name, quantiles in targets.QUANTILES.items():
        values = rows[name][rows[name] != MISSING]
        for level, printed in zip(targets.LEVELS, quantiles[process], strict=True):
            assert np.quantile(values, level) == pytest.approx(printed.value, abs=1.0001 * printed.half_digit), name


@pytest.mark.parametrize("process", ["htautau", "ztautau"])
def test_sample_has_the_published_correlations(real: dict[str, pd.DataFrame], process: str) -> None:
    for (first, second), correlations in targets.RANK_CORRELATIONS.items():
        rows = real[process]
        rows = rows[(rows[first] != MISSING) & (rows[second] != MISSING)]
        found = rank_correlation(rows[first].to_numpy(), rows[second].to_numpy(), np.ones(len(rows)))
        printed = correlations[process]
        assert found == pytest.approx(printed.value, abs=1.01 * printed.half_digit), (first, second)
