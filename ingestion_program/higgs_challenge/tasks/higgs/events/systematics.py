"""`systematics`, the function that participants use to see what a nuisance parameter does to their events."""

import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events.columns import DERIVED, FEATURES, PROCESSES
from higgs_challenge.tasks.higgs.events.nuisances import Nuisances
from higgs_challenge.tasks.higgs.events.primary import primary_rows
from higgs_challenge.tasks.higgs.events.transform import Floats, transform

PASSED_ON = ("settings",)
"""Entries of a dict that describe the whole set, not each event."""


def systematics(
    data_set: Any = None,
    tes: float = 1.0,
    jes: float = 1.0,
    soft_met: float = 0.0,
    seed: int = 31415,
    ttbar_scale: float | None = None,
    diboson_scale: float | None = None,
    bkg_scale: float | None = None,
    dopostprocess: bool = True,
) -> Any:
    """Distort events by nuisance parameters, select them, and recompute their derived features.

    Signature and behaviour are the official ones (package HiggsML), where those are right: the normalisation
    scales really act, on `weights` by `detailed_labels`; docs/differences.md lists every difference.

    Args:
        data_set: a DataFrame with the 16 primary columns and any others; or a dict with "data" (such a DataFrame),
            "weights" and other arrays with one entry an event. It is not changed.
        tes, jes: energy scales, dimensionless, nominal 1.
        soft_met: width in GeV of the noise on each component of the missing transverse momentum, nominal 0; below 0 it
            adds none, with a warning.
        seed: of that noise; the same seed gives the same noise, as officially.
        ttbar_scale, diboson_scale, bkg_scale: factors on the weights; None leaves them.
        dopostprocess: whether events and jets below threshold are dropped.

    Returns:
        The same kind as data_set: kept events, numbered from 0, primary columns rounded to 3 decimals, the derived
        columns overwritten in place or added at the end.

    Raises:
        InputError: data_set is of neither kind or lacks a required part, or a parameter is not a number in range.

    Example:
        >>> from higgs_challenge import simulate
        >>> events = pd.DataFrame(simulate("ttbar", 1000, seed=1), columns=list(FEATURES[:16]))
        >>> len(systematics(events, tes=1.02)) > len(systematics(events, tes=0.98))
        True
    """
    tes, jes, soft_met = _number("tes", tes, above=0.0), _number("jes", jes, above=0.0), _soft_met(soft_met)
    scales = {"ttbar_scale": ttbar_scale, "diboson_scale": diboson_scale, "bkg_scale": bkg_scale}
    given = {name: _number(name, value) for name, value in scales.items() if value is not None}
    frame, others, passed_on = _take_apart(data_set)
    features, kept = transform(
        primary_rows(frame), tes=tes, jes=jes, noise=_official_noise(soft_met, len(frame), seed), select=dopostprocess
    )
    distorted = _with_features(frame, features, kept)
    others = {name: values.iloc[kept].reset_index(drop=True) for name, values in others.items()}
    if isinstance(data_set, pd.DataFrame):
        _scale_weights(distorted, given)
        return distorted
    _scale_weights(others, given)
    return {"data": distorted, **others, **passed_on}


def _number(name: str, value: Any, above: float = -math.inf) -> float:
    """Check a parameter: a finite number, not negative, and above a bound where there is one."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"systematics: {name} must be a number, not {value!r}.") from error
    if not (math.isfinite(number) and number >= 0 and number > above):
        kind = "positive" if above == 0 else "not negative"
        raise InputError(f"systematics: {name} must be finite and {kind}, not {value!r}.")
    return number


def _soft_met(value: Any) -> float:
    """Check the width of the noise; as officially, one below zero adds none."""
    if isinstance(value, int | float | np.number) and -math.inf < value < 0:
        warnings.warn(f"systematics: soft_met = {value:g} is below zero and adds no noise.", stacklevel=3)
        return 0.0
    return _number("soft_met", value)


def _take_apart(data_set: Any) -> tuple[pd.DataFrame, dict[str, pd.Series], dict[str, Any]]:
    """Split a data set into events, arrays alongside them, and entries that are passed through."""
    if isinstance(data_set, pd.DataFrame):
        return data_set, {}, {}
    if not isinstance(data_set, Mapping):
        raise InputError(f"systematics expects a DataFrame or a dict with 'data' and 'weights', not {type(data_set)}.")
    for key in ("data", "weights"):
        if key not in data_set:
            raise InputError(f"systematics expects a dict with 'data' and 'weights'; {key!r} is missing.")
    frame = data_set["data"]
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"systematics: 'data' must be a DataFrame, not a {type(frame).__name__}.")
    per_event = {key: value for key, value in data_set.items() if key not in ("data", *PASSED_ON)}
    for key, value in per_event.items():
        if np.ndim(value) != 1:
            raise InputError(f"systematics: {key!r} must have one entry per event, not {type(value).__name__}.")
        if len(value) != len(frame):
            raise InputError(f"systematics: {key!r} has {len(value)} entries for {len(frame)} events.")
    others = {key: pd.Series(np.asarray(value), name=key) for key, value in per_event.items()}
    return frame, others, {key: data_set[key] for key in PASSED_ON if key in data_set}


def _official_noise(soft_met: float, n: int, seed: int) -> Floats | None:
    """Draw the noise on the missing momentum in GeV, shape (2, n), from the stream that the official code uses."""
    if soft_met <= 0:
        return None
    try:
        stream = np.random.RandomState(seed)
    except (TypeError, ValueError) as error:
        raise InputError(f"systematics: seed must be a whole number below 2**32, not {seed!r}.") from error
    noise = np.empty((2, n), dtype=np.float32)
    noise[0] = stream.normal(0.0, soft_met, n)
    noise[1] = stream.normal(0.0, soft_met, n)
    return noise


def _with_features(frame: pd.DataFrame, features: Floats, kept: np.ndarray) -> pd.DataFrame:
    """Replace a DataFrame's features by new ones, and keep its other columns for the selected events."""
    computed = dict(zip(FEATURES, features, strict=True))
    names = [*frame.columns, *(name for name in DERIVED if name not in frame.columns)]
    columns = {name: computed[name] if name in computed else frame[name].iloc[kept].array for name in names}
    return pd.DataFrame(columns, copy=False)


def _scale_weights(columns: Any, scales: dict[str, float]) -> None:
    """Multiply the weights of the processes that the given scales act on, in a DataFrame or a dict of Series."""
    if not scales:
        return
    if "weights" not in columns or "detailed_labels" not in columns:
        warnings.warn(
            f"{', '.join(scales)} had no effect: these events have no weights with detailed_labels to act on.",
            stacklevel=3,
        )
        return
    nuisances = Nuisances(**scales)
    factors = {process: nuisances.yield_scale(process) for process in PROCESSES}
    unknown = set(columns["detailed_labels"].unique()) - set(PROCESSES)
    if unknown:
        raise InputError(
            f"systematics: {', '.join(scales)} cannot act on events of {', '.join(sorted(map(str, unknown)))}; "
            f"detailed_labels must be {', '.join(PROCESSES)}."
        )
    columns["weights"] = columns["weights"] * columns["detailed_labels"].astype(object).map(factors).astype(float)
