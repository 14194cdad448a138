"""The dummy submission shows the contract: three methods, four numbers."""

import importlib.util

import pytest


def test_dummy_answers_with_an_honest_interval(root):
    spec = importlib.util.spec_from_file_location("dummy_model", root / "dummy_submission" / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.Model(get_train_set=None, systematics=None)
    model.fit()
    answer = model.predict({"data": None, "weights": None})
    assert answer.keys() == {"mu_hat", "delta_mu_hat", "p16", "p84"}
    assert 0.1 < answer["p16"] < answer["mu_hat"] < answer["p84"] < 3
    # mu is uniform, so an interval of 68.27 % of its range covers it 68.27 % of the time.
    assert (answer["p84"] - answer["p16"]) / (3 - 0.1) == pytest.approx(0.6827)
