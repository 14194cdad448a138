"""The sample submission as a whole, on few events."""

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import classifier
import model
import templates
from higgs_challenge import simulate, systematics
from higgs_challenge.tasks.higgs.events.columns import DERIVED, PRIMARY, PROCESSES
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS

ROWS = 4_000


class FewEvents:
    """A get_train_set of synthetic events."""

    def __init__(self) -> None:
        frames = [
            pd.DataFrame(simulate(process, ROWS, seed=3), columns=list(PRIMARY)).assign(
                weights=np.float32(NOMINAL_YIELDS[process] / ROWS),
                detailed_labels=process,
                labels=np.float32(process == "htautau"),
            )
            for process in PROCESSES
        ]
        self.events = pd.concat(frames).sample(frac=1, random_state=1).reset_index(drop=True)
        self.asked = 0

    def __len__(self) -> int:
        return len(self.events)

    def __call__(self, selected_indices: Any) -> pd.DataFrame:
        self.asked += 1
        return self.events.iloc[selected_indices].reset_index(drop=True)


@pytest.fixture(scope="module")
def few_events() -> FewEvents:
    return FewEvents()


@pytest.fixture(scope="module", autouse=True)
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One epoch, thin bins, and no trained model but the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "EPOCHS", 1)
        patch.setattr(templates, "MIN_BACKGROUND_ROWS", 20)
        patch.setattr(model, "TRAINED_MODEL", tmp_path_factory.mktemp("model") / "trained_model.pt")
        yield


@pytest.fixture(scope="module")
def fitted(few_events: FewEvents, quick: None) -> model.Model:
    made = model.Model(few_events, systematics)
    made.fit()
    return made


def test_rows_are_never_shared_between_training_and_templates() -> None:
    for available in (2, 700, 10_000_000):
        training, held_out = model.split_rows(available)
        assert not set(training[-3:]) & set(held_out[:3])
        assert training[-1] + 1 == held_out[0]
        assert held_out[-1] < available


def test_predicts_pickles_and_finds_its_trained_model(few_events: FewEvents, fitted: model.Model) -> None:
    test_set = {"data": systematics(few_events.events, tes=1.01)[[*PRIMARY, *DERIVED]]}
    test_set["weights"] = pd.Series(np.ones(len(test_set["data"])))
    answer = fitted.predict(test_set)
    assert set(answer) == {"mu_hat", "delta_mu_hat", "p16", "p84"}
    assert np.isfinite(list(answer.values())).all()
    assert answer["p16"] < answer["p84"]

    assert pickle.loads(pickle.dumps(fitted)).predict(test_set) == answer

    fitted.save()
    asked = few_events.asked
    again = model.Model(few_events, systematics)
    again.fit()
    assert few_events.asked == asked, "it trained again"
    assert again.predict(test_set) == answer


def test_templates_expect_what_systematics_makes(few_events: FewEvents, fitted: model.Model) -> None:
    """At a distortion that is no design point; summed over bins, where the only noise is the events' own."""
    held_out = few_events.events.iloc[model.split_rows(len(few_events))[1]]
    distorted = systematics(held_out, tes=1.005, jes=0.993)
    assert fitted.templates is not None

    expected = fitted.templates.at(0.5, -0.7, 0.0).sum(axis=1)

    for number, process in enumerate(templates.PROCESSES):
        seen = distorted.loc[distorted["detailed_labels"] == process, "weights"].sum()
        assert expected[number] == pytest.approx(seen, rel=0.01)


def test_predict_before_fit_says_so(few_events: FewEvents) -> None:
    with pytest.raises(RuntimeError, match="before fit"):
        model.Model(few_events, systematics).predict({})


def test_prior_widths_are_the_challenges() -> None:
    from higgs_challenge.tasks.higgs.events.nuisances import PRIORS
    from likelihood import BACKGROUND_WIDTH, DIBOSON_WIDTH, TTBAR_WIDTH

    widths = {"ttbar_scale": TTBAR_WIDTH, "diboson_scale": DIBOSON_WIDTH, "bkg_scale": BACKGROUND_WIDTH}
    assert {name: PRIORS[name].width for name in widths} == widths
    assert PRIORS["tes"].width == PRIORS["jes"].width == templates.SIGMA
