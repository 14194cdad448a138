"""The targets of the tuning: region yields, real rows that are not held out, and Pythia's events."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from higgs_challenge.tasks.higgs.events.columns import MISSING
from higgs_challenge.tasks.higgs.simulation import simulate_blocks
from higgs_challenge.tasks.higgs.simulation.generator import NOMINAL_YIELDS
from higgs_challenge.tasks.higgs.simulation.radiation import Radiation, radiation
from higgs_challenge.tasks.higgs.simulation.tuning import Tuning
from higgs_tools.tuning.particle_level import reconstruct_particles
from higgs_tools.validation.checks import yield_tolerance
from higgs_tools.validation.regions import column, region_masks, selected
from higgs_tools.validation.samples import read_real
from higgs_tools.validation.targets import REGION_YIELDS

COLUMNS = (
    "PRI_lep_pt",
    "PRI_lep_eta",
    "PRI_had_pt",
    "PRI_had_eta",
    "PRI_jet_leading_pt",
    "PRI_jet_leading_eta",
    "PRI_jet_subleading_pt",
    "PRI_n_jets",
    "PRI_met",
    "DER_mass_transverse_met_lep",
    "DER_mass_vis",
    "DER_pt_h",
    "DER_deltaeta_jet_jet",
    "DER_mass_jet_jet",
    "DER_deltar_had_lep",
    "DER_pt_tot",
)
JET_COLUMNS = tuple(name for name in COLUMNS if "jet" in name or name == "DER_pt_h")
SYMMETRIC = ("PRI_lep_eta", "PRI_had_eta", "PRI_jet_leading_eta")
BINS = 6
SAMPLE_EVENTS = 60_000
"""Synthetic events that are compared with a Pythia sample."""
SHARE_OF_TOLERANCE = 0.25
"""Share of a region's tolerance that counts as one standard deviation of its yield."""
MIN_ROWS = 10
PASSES = 3
"""How often each of Pythia's events goes through the detector."""


def _one_mode(mode: int) -> dict[str, float]:
    shares = {f"higgs.mode_shares.{k}": float(k == mode) for k in range(5)}
    return {**shares, "higgs.fakes": 0.0, "higgs.vector_leptons": 0.0}


class Component(NamedTuple):
    """One kind of Pythia events, and the tuning that makes synthetic events of that kind."""

    codes: tuple[int, ...]
    """Pythia's process codes; empty for all."""
    changes: dict[str, float]
    """Numbers of the tuning."""
    columns: tuple[str, ...] = COLUMNS


COMPONENTS = {
    "ztautau": [Component((), {"z.fakes": 0.0}, JET_COLUMNS)],  # the reference events lack the photon
    "htautau": [
        Component((902,), _one_mode(0)),
        Component((906, 907), _one_mode(1)),
        Component((904, 905), _one_mode(2)),
        Component((901,), _one_mode(3)),
    ],
    "ttbar": [Component((), {"top.fakes": 0.0})],
    "diboson": [
        Component((233,), {"diboson.fakes": 0.0, "diboson.w_z": 0.0, "diboson.z_z": 0.0}),
        Component((231, 232), {"diboson.fakes": 0.0, "diboson.w_z": 2.1e6, "diboson.z_z": 1e6}),  # hardly any W W
    ],
}


def get_number(tuning: Tuning, path: str) -> float:
    """Read a number of the tuning.

    Args:
        tuning: all numbers.
        path: dotted names, and positions in tuples.

    Returns:
        The number.

    Example:
        >>> from higgs_challenge.tasks.higgs.simulation.tuning import TUNING
        >>> get_number(TUNING, "higgs.mode_rapidity.4")
        1.0
    """
    value: Any = tuning
    for name in path.split("."):
        value = value[int(name)] if name.isdigit() else getattr(value, name)
    return float(value)


def set_number(record: Any, path: str, value: float) -> Any:
    """Return a copy of the tuning, or of a part of it, with another number.

    Args:
        record: the tuning or the part.
        path: as in get_number, from that record on.
        value: the new number.

    Returns:
        A record of the same kind; tables that depend on the number are made anew.

    Example:
        >>> from higgs_challenge.tasks.higgs.simulation.tuning import TUNING
        >>> set_number(TUNING, "z.radiation.scale", 70.0).z.radiation.scale
        70.0
    """
    name, _, rest = path.partition(".")
    if name.isdigit():
        return tuple(value if i == int(name) else old for i, old in enumerate(record))
    new = set_number(getattr(record, name), rest, value) if rest else value
    if isinstance(record, Radiation):
        names = ("strength", "scale", "falloff", "splitting", "eta_width")
        return radiation(**{**{key: getattr(record, key) for key in names}, name: new})
    return record._replace(**{name: new})


class Sample(NamedTuple):
    """Events whose distributions the synthetic ones should reproduce."""

    name: str
    edges: dict[str, np.ndarray]
    shares: dict[str, np.ndarray]
    """Share of the sample's events in each bin."""
    rows: float
    """Effective number of independent events behind the shares."""
    precision: float
    """Relative; the accuracy expected of such a model."""
    weight: float
    """Columns are correlated, so each of them counts less."""
    changes: dict[str, float]
    """Numbers of the tuning that make the synthetic events of the same kind."""


def make_sample(
    name: str,
    rows: np.ndarray,
    columns: Sequence[str] = COLUMNS,
    passes: int = 1,
    precision: float = 0.0,
    weight: float = 0.6,
    changes: Mapping[str, float] = MappingProxyType({}),
) -> Sample:
    """Bin the columns of some events at their own quantiles.

    Args:
        name: of the sample.
        rows: primary columns, shape (n, 16), before the selection.
        columns: which columns to compare.
        passes: how often each event is among the rows.
        precision: see Sample; also weight and changes.

    Returns:
        The sample.
    """
    features = selected(rows)
    edges, shares = {}, {}
    for column_name in columns:
        values = _values(features, column_name)
        inner = np.unique(np.quantile(values[values != MISSING], np.linspace(0, 1, BINS + 1)[1:-1]))
        edges[column_name] = np.concatenate([[-np.inf, MISSING + 1.0], inner, [np.inf]])
        shares[column_name] = np.histogram(values, edges[column_name])[0] / features.shape[1]
    return Sample(name, edges, shares, features.shape[1] / passes, precision, weight, dict(changes))


def collect_samples(process: str, official: Path | None, pythia: Path | None) -> list[Sample]:
    """Bin the samples that a process is fitted to.

    Args:
        process: one of columns.PROCESSES.
        official: folder of the official file or a piece of it; its held-out rows are left out.
        pythia: folder of particle-level events.

    Returns:
        The samples, none from a folder that is None.
    """
    samples = []
    real = read_real(official).get(process) if official else None
    if real is not None and (~real.held_out).sum() >= MIN_ROWS:
        samples.append(make_sample("real", real.rows[~real.held_out]))
    for codes, changes, columns in COMPONENTS[process]:
        if pythia is None:
            break
        rows = reconstruct_particles(pythia, process, 1, codes, PASSES)
        name = "Pythia " + "+".join(map(str, codes or ("all",)))
        samples.append(make_sample(name, rows, columns, PASSES, precision=0.05, weight=0.25, changes=changes))
    return samples


class Residuals:
    """How far the synthetic events of a process are from the targets, in standard deviations."""

    def __init__(self, process: str, events: int, samples: Sequence[Sample]) -> None:
        self.process, self.events, self.samples = process, events, samples

    def __call__(self, tuning: Tuning) -> dict[str, float]:
        """Return the residual of every target for a tuning."""
        nominal = self._generate(tuning, self.events)
        residuals = self._yields(nominal)
        for sample in self.samples:
            changed, events = tuning, nominal
            for path, value in sample.changes.items():
                changed = set_number(changed, path, value)
            if sample.changes:
                events = self._generate(changed, SAMPLE_EVENTS)
            residuals |= self._shares(sample, events)
        return residuals

    def _generate(self, tuning: Tuning, events: int) -> np.ndarray:
        blocks = simulate_blocks(self.process, events, 1, tuning=tuning)
        return np.concatenate([selected(rows) for rows in blocks], axis=1)

    def _yields(self, features: np.ndarray) -> dict[str, float]:
        residuals = {}
        for name, mask in region_masks(features).items():
            official = REGION_YIELDS[name][self.process]
            found = max(float(mask.sum()), 0.5)
            ratio = found / self.events * NOMINAL_YIELDS[self.process] / official
            error = np.hypot(SHARE_OF_TOLERANCE * yield_tolerance(official), 1 / np.sqrt(found))
            residuals[f"{name} ({ratio:.3f})"] = float(np.log(ratio) / error)
        return residuals

    def _shares(self, sample: Sample, features: np.ndarray) -> dict[str, float]:
        residuals = {}
        for name, edges in sample.edges.items():
            share = np.maximum(np.histogram(_values(features, name), edges)[0] / features.shape[1], 1e-4)
            error = np.hypot(np.sqrt(share / sample.rows), sample.precision * share)
            for k, pull in enumerate((sample.shares[name] - share) / error):
                residuals[f"{sample.name}: {name} bin {k}"] = float(pull * sample.weight)
        return residuals


def _values(features: np.ndarray, name: str) -> np.ndarray:
    values = column(features, name)
    return np.where(values == MISSING, values, np.abs(values)) if name in SYMMETRIC else values
