"""The scores against those of the official package on random results."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from HiggsML.ingestion import Ingestion
from HiggsML.score import Scoring

from higgs_scoring.metrics import Intervals, score_sets


@pytest.mark.parametrize("seed", range(12))
def test_scores_are_the_official_ones(seed: int) -> None:
    rng = np.random.default_rng(seed)
    num_sets, n = int(rng.integers(1, 12)), int(rng.integers(1, 60))
    stretch = rng.uniform(0.2, 3)  # from far too narrow to far too wide
    mus = rng.uniform(0.1, 3, num_sets)
    sigma = rng.uniform(0.1, 0.6, (num_sets, n))
    mu_hats = rng.normal(mus[:, np.newaxis], sigma)
    arrays = {
        "mu_hats": mu_hats,
        "delta_mu_hats": sigma,
        "p16": mu_hats - stretch * sigma,
        "p84": mu_hats + stretch * sigma,
    }

    ours = score_sets(Intervals(mus, **arrays))

    scorer = Scoring()
    interval, coverage, score = scorer.Quantiles_Score(np.repeat(mus, n), arrays["p16"].ravel(), arrays["p84"].ravel())
    # The official scorer calls these once for each pseudo-experiment and averages in a set, then over the sets.
    single = [
        [(mu, mu_hat, delta) for mu_hat, delta in zip(hats, deltas, strict=True)]
        for mu, hats, deltas in zip(mus, mu_hats, sigma, strict=True)
    ]
    rmse = np.mean([np.mean([scorer.RMSE_score(*one) for one in one_set]) for one_set in single])
    mae = np.mean([np.mean([scorer.MAE_score(*one) for one in one_set]) for one_set in single])
    theirs = (score, interval, coverage, rmse, mae)
    assert (ours.quantile_score, ours.interval, ours.coverage, ours.rmse, ours.mae) == pytest.approx(
        theirs, rel=1e-12, abs=1e-12
    )


def test_all_three_branches_of_the_penalty_are_the_official_ones() -> None:
    """Random results alone might never leave the dead zone on one of its sides."""
    scorer = Scoring()
    n = 1000
    for covered, expected_sign in ((500, 1), (683, 0), (900, 1)):
        p84 = np.where(np.arange(n) < covered, 2.0, 0.5)
        interval, coverage, score = scorer.Quantiles_Score(np.ones(n), np.zeros(n), p84)
        ours = score_sets(
            Intervals(
                np.ones(1),
                mu_hats=np.ones((1, n)),
                delta_mu_hats=np.ones((1, n)),
                p16=np.zeros((1, n)),
                p84=p84[np.newaxis],
            )
        )
        assert np.sign(ours.penalty - 1) == expected_sign
        assert (ours.interval, ours.coverage, ours.quantile_score) == pytest.approx(
            (interval, coverage, score), rel=1e-12
        )


def test_files_of_the_official_ingestion_are_scored_as_the_official_scorer_does(
    make_run: Any, main: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files have plural keys, and further ones that the submission added; its scores are rounded to four digits."""
    run = make_run(7, 20)
    names = {"mu_hats": "mu_hats", "delta_mu_hats": "delta_mu_hats", "p16": "p16s", "p84": "p84s"}
    results = {
        number: {names[key]: run.read(f"res/result_{number}.json")[key] for key in names} | {"chi2s": [1.0] * 20}
        for number in range(7)
    }
    Ingestion.save_result(SimpleNamespace(results_dict=results), str(run.prediction))

    assert main(run.arguments) == 0

    monkeypatch.setattr(Scoring, "save_figure", lambda *_, **__: None)
    scorer = Scoring()
    scorer.load_ingestion_duration(str(run.prediction / "ingestion_duration.json"))
    scorer.load_ingestion_results(str(run.prediction), str(tmp_path))
    scorer.compute_scores(run.read("ref/truth.json"))
    ours = run.read("out/scores.json")
    assert {key: ours[key] for key in scorer.scores_dict} == pytest.approx(scorer.scores_dict, abs=0.5e-4 + 1e-9)
