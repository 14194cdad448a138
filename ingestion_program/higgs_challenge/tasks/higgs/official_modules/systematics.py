"""The official program's module `systematics`, over ours, for submissions that import it by that name."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from higgs_challenge.streams import stream
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_challenge.tasks.higgs.events.nuisances import PRIORS, Nuisances
from higgs_challenge.tasks.higgs.events.systematics import systematics

__all__ = [
    "generate_pseudo_exp_data",
    "get_bootstrapped_dataset",
    "get_systematics_dataset",
    "postprocess",
    "systematics",
]


def postprocess(data: pd.DataFrame) -> pd.DataFrame:
    """Select events and jets as after a distortion, with all nuisance parameters nominal.

    Args:
        data: with the 16 primary columns; it is not changed.

    Returns:
        The kept events with the columns of `data`.
    """
    selected: pd.DataFrame = systematics(data)[list(data.columns)]
    return selected


def get_systematics_dataset(
    data: pd.DataFrame, tes: float = 1.0, jes: float = 1.0, soft_met: float = 0.0
) -> dict[str, Any]:
    """Distort unweighted events, and return them as predict receives them: a dict of data and unit weights."""
    distorted: dict[str, Any] = systematics(
        {"data": data, "weights": np.ones(len(data))}, tes=tes, jes=jes, soft_met=soft_met
    )
    return distorted


def get_bootstrapped_dataset(
    test_set: Mapping[str, pd.DataFrame],
    mu: float = 1.0,
    seed: int = 31415,
    ttbar_scale: float | None = None,
    diboson_scale: float | None = None,
    bkg_scale: float | None = None,
    poisson: bool = True,
) -> pd.DataFrame:
    """Draw unweighted events from weighted ones.

    Args:
        test_set: for each process a DataFrame with `weights`, in expected events.
        mu: signal strength.
        seed: of the numbers of events and of their order.
        ttbar_scale, diboson_scale, bkg_scale: factors on the expected events; None leaves them.
        poisson: whether each event's number is drawn; otherwise its weight is rounded down.

    Returns:
        The events in random order, without weights.
    """
    scales = {"ttbar_scale": ttbar_scale, "diboson_scale": diboson_scale, "bkg_scale": bkg_scale}
    nuisances = Nuisances(**{name: value for name, value in scales.items() if value is not None})
    drawn = []
    for process, events in test_set.items():
        rng = stream(seed, "official bootstrap", process)
        factor = mu if process == "htautau" else nuisances.yield_scale(process)
        expected = factor * events["weights"].to_numpy()
        numbers = rng.poisson(expected) if poisson else expected.astype(int)
        drawn.append(events.drop(columns="weights").loc[events.index.repeat(numbers)])
    order = stream(seed, "official bootstrap", "order").permutation(sum(map(len, drawn)))
    return pd.concat(drawn, ignore_index=True).iloc[order].reset_index(drop=True)


def generate_pseudo_exp_data(
    data: Mapping[str, pd.DataFrame],
    set_mu: float = 1.0,
    dict_systematics: Mapping[str, bool] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Draw a pseudo-experiment from weighted events, its nuisance parameters from the challenge's priors.

    Args:
        data: for each process a DataFrame with `weights`, in expected events.
        set_mu: signal strength.
        dict_systematics: whether each nuisance parameter is drawn; those not named, or all by default, are nominal.
        seed: of everything that is drawn.

    Returns:
        What predict receives: a dict of data and unit weights.
    """
    acting = [name for name, acts in (dict_systematics or {}).items() if acts]
    values = {name: PRIORS[name].draw(stream(seed, "official nuisances", name)) for name in acting}
    events = get_bootstrapped_dataset(
        {name: data[name] for name in PROCESSES if name in data},
        mu=set_mu,
        seed=seed,
        ttbar_scale=values.pop("ttbar_scale", None),
        diboson_scale=values.pop("diboson_scale", None),
        bkg_scale=values.pop("bkg_scale", None),
    )
    return get_systematics_dataset(events, **values)
