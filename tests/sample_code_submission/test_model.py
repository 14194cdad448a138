"""The sample submission as a whole, on few events."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

import classifier
import model
from higgs_challenge import simulate, systematics
from higgs_challenge.tasks.higgs.events.columns import DERIVED, PRIMARY, PROCESSES
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS
from higgs_inference import measurement
from higgs_inference.networks import SMALL, train_network

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
        self.trained_on: list[int] = []
        self.asked = 0

    def __len__(self) -> int:
        return len(self.events)

    def __call__(self, train_size: dict[str, int] | None = None, selected_indices: Any = None) -> pd.DataFrame:
        self.asked += 1
        if train_size is None:
            return self.events.iloc[selected_indices].reset_index(drop=True)
        events = self.events.groupby("detailed_labels", group_keys=False)
        some = pd.concat([own.head(train_size[name]) for name, own in events])
        self.trained_on = some.index.tolist()
        return some


def weighted(few_events: FewEvents, mu: float = 1.0, **nuisances: float) -> dict[str, Any]:
    """Selected events as a pseudo-experiment whose weights, not their number, are as expected."""
    events = systematics(few_events.events, **nuisances)
    weights = events["weights"] * np.where(events["labels"] == 1, mu, 1.0)
    return {"data": events[[*PRIMARY, *DERIVED]], "weights": weights}


@pytest.fixture(scope="module")
def few_events() -> FewEvents:
    return FewEvents()


@pytest.fixture(scope="module", autouse=True)
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One epoch, few bins and pseudo-experiments, and no trained model but the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "train_network", partial(train_network, design=replace(SMALL, epochs=1)))
        patch.setattr(model, "BINS", (6, 2))
        patch.setattr(model, "CUT", None)
        patch.setattr(measurement, "CALIBRATION_POINTS", 3)
        patch.setattr(model, "TRAINED_MODEL", tmp_path_factory.mktemp("model") / "trained_model.pt")
        yield


@pytest.fixture(scope="module")
def fitted(few_events: FewEvents, quick: None) -> model.Model:
    made = model.Model(few_events, systematics)
    made.fit()
    return made


def test_templates_are_made_of_rows_that_the_classifier_has_not_seen(few_events: FewEvents) -> None:
    seen: list[int] = []

    def build(get_train_set: Any, systematics: Any, rows: Any, *others: Any) -> None:
        seen.extend(rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "build_measurement", build)
        model.Model(few_events, systematics).fit()

    assert seen == sorted(set(range(len(few_events))) - set(few_events.trained_on))
    assert 0.2 * len(few_events) < len(few_events.trained_on) < 0.5 * len(few_events)


def test_predicts_pickles_and_finds_its_trained_model(few_events: FewEvents, fitted: model.Model) -> None:
    test_set = weighted(few_events, tes=1.01)
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
    held_out = few_events.events.drop(index=few_events.trained_on)
    distorted, nominal = systematics(held_out, tes=1.005, jes=0.993), systematics(held_out)
    assert fitted.measurement is not None
    templates = fitted.measurement.templates

    expected = templates.by_process(np.array([1.0, 0.5, -0.7, -5.0, 0.0, 0.0, 0.0])).sum(axis=1)

    for number, process in enumerate(templates.processes):
        change = [frame.loc[frame["detailed_labels"] == process, "weights"].sum() for frame in (distorted, nominal)]
        assert expected[number] / templates.nominal[number].sum() == pytest.approx(change[0] / change[1], rel=0.01)


def test_intervals_are_cut_at_the_range_of_mu_only_where_the_switch_says_so(
    few_events: FewEvents, fitted: model.Model
) -> None:
    """So few events know nothing of mu: the interval reaches far beyond both ends of the range."""
    answers = []
    for cut in (None, (0.1, 3.0)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(model, "CUT", cut)
            answers.append(fitted.predict(weighted(few_events)))

    uncut, cut_at_range = answers
    ends = tuple(float(np.clip(uncut[key], 0.1, 3.0)) for key in ("p16", "p84"))
    assert ends != (uncut["p16"], uncut["p84"])
    assert (cut_at_range["p16"], cut_at_range["p84"]) == ends
    for answer in answers:
        assert answer["delta_mu_hat"] == pytest.approx((uncut["p84"] - uncut["p16"]) / 2)


def test_predict_before_fit_says_so(few_events: FewEvents) -> None:
    with pytest.raises(RuntimeError, match="before fit"):
        model.Model(few_events, systematics).predict({})
