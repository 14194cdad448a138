"""A binned likelihood as a HistFactory workspace in JSON, as pyhf reads it."""

from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.nuisances import shape_nuisances
from higgs_inference.templates import Floats, Templates

CODES = {"normsys": {"interpcode": "code1"}, "histosys": {"interpcode": "code0"}}
"""Interpolations for pyhf's modifier_settings: shapes change exponentially, scales linearly."""

VERSION = "1.0.0"


def make_workspace(templates: Templates, counts: Floats) -> dict[str, Any]:
    """Write a likelihood as a workspace, with a channel for every bin.

    Each bin is a channel of its own, so that a shape that changes exponentially is a `normsys` in it. Templates'
    statistical errors become a `staterror` of the summed background. Fit it with CODES, in pyhf
    `workspace.model(modifier_settings=CODES)`.

    The likelihood is the same but for two things that HistFactory does not have. Values are not clipped, which matters
    only to fits that reach `low` or `high`. Two scales of one process, 1 + w a and 1 + v b, become 1 + w a + v b: its
    yield differs by the share w v a b, in the challenge at most 0.00025 for diboson at pulls of 1.

    Args:
        templates: whose responses have no squares and products, and whose priors are normal.
        counts: observed counts, shape (bins,).

    Raises:
        ValueError: the likelihood does not have HistFactory's form, where the message says; or the counts do not fit.
    """
    _require_form(templates)
    counts = BinnedLikelihood(templates, counts).counts  # it checks them
    channels = [{"name": f"bin_{number}", "samples": _samples(templates, number)} for number in range(templates.bins)]
    observations = [{"name": f"bin_{number}", "data": [float(count)]} for number, count in enumerate(counts)]
    measurement = {"name": "measurement", "config": {"poi": "mu", "parameters": []}}
    return {"channels": channels, "observations": observations, "measurements": [measurement], "version": VERSION}


def _samples(templates: Templates, number: int) -> list[dict[str, Any]]:
    samples = []
    for process, name in enumerate(templates.processes):
        nominal = float(templates.nominal[process, number])
        is_signal = name == templates.signal
        modifiers: list[dict[str, Any]] = [{"name": "mu", "type": "normfactor", "data": None}] if is_signal else []
        for place, nuisance in enumerate(shape_nuisances(templates.nuisances)):
            ratio = float(np.exp(templates.response[process, number, place]))
            modifiers.append({"name": nuisance.name, "type": "normsys", "data": {"hi": ratio, "lo": 1 / ratio}})
        for nuisance in templates.nuisances:
            if name in nuisance.scales:
                up, down = (nominal * (1 + side * nuisance.width) for side in (1, -1))
                data = {"hi_data": [up], "lo_data": [down]}
                modifiers.append({"name": nuisance.name, "type": "histosys", "data": data})
        if not is_signal and templates.background_variance[number] > 0:
            error = float(np.sqrt(templates.variance[process, number]))
            modifiers.append({"name": f"statistics_{number}", "type": "staterror", "data": [error]})
        samples.append({"name": name, "data": [nominal], "modifiers": modifiers})
    return samples


def _require_form(templates: Templates) -> None:
    shapes = shape_nuisances(templates.nuisances)
    for one in templates.nuisances:
        if one.prior != "normal":
            raise ValueError(f"{one.name} has a {one.prior} prior; HistFactory knows normal ones only")
        if one.centre != (1.0 if one.scales else one.nominal):
            raise ValueError(f"the prior of {one.name} is not centred on its nominal value, as HistFactory needs it")
    higher = templates.response[:, :, len(shapes) :]
    pairs = list(combinations_with_replacement([one.name for one in shapes], 2))
    if higher.any():
        process, _, term = np.argwhere(higher != 0)[0]
        raise ValueError(
            f"{templates.processes[process]} responds to {' x '.join(pairs[term])}; HistFactory has no such term"
        )
