"""The effect of the nuisance parameters on the regions' yields: of official events, synthetic ones and real rows."""

import json
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from higgs_challenge.cores import available_cores
from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events.transform import transform
from higgs_tools.validation.regions import OFFICIAL_NAMES, Floats, Mask, region_masks

FILE = "official_responses.json"

NOISE_SEED = 31_415
AT_ONCE = 65_536
"""Events to distort at once, so that 35 points need little memory."""


class Point(NamedTuple):
    """Values of the nuisance parameters that act on shapes: energy scales, and soft_met in GeV."""

    tes: float = 1.0
    jes: float = 1.0
    soft_met: float = 0.0

    def __str__(self) -> str:
        """Name what is not nominal.

        Example:
            >>> str(Point(tes=0.99, soft_met=2.0)), str(Point())
            ('tes 0.99, soft_met 2', 'nominal')
        """
        moved = [f"{name} {value:g}" for name, value in self._asdict().items() if value != NOMINAL._asdict()[name]]
        return ", ".join(moved) or "nominal"


NOMINAL = Point()

VARIATIONS = (
    *(Point(tes=0.99), Point(tes=1.01)),
    *(Point(jes=0.99), Point(jes=1.01)),
    *(Point(soft_met=1.0), Point(soft_met=2.0)),
)
"""Where synthetic events are compared with real rows: one parameter at a time."""


AXES = tuple(
    Point(**{name: value})
    for name, values in {
        "tes": (0.97, 0.98, 0.99, 1.01, 1.02, 1.03),
        "jes": (0.97, 0.98, 0.99, 1.01, 1.02, 1.03),
        "soft_met": (1.0, 2.0),
    }.items()
    for value in values
)
"""Where synthetic responses are drawn: the official points at which one parameter is not nominal."""


class Response(NamedTuple):
    """How a yield changes, relative to the nominal one.

    Attributes:
        change: dimensionless.
        error: of the paired events: only those that enter or leave the region fluctuate. Noise of soft_met is tried
            with both signs, so an event that enters with one and leaves with the other does not.
        moved: share of the nominal events that enter or leave.
        number: effective number of nominal events.
    """

    change: float
    error: float
    moved: float
    number: float


Responses = dict[Point, dict[str, Response]]
"""The response of each region at each point."""


class OfficialResponse(NamedTuple):
    """How a region's yield of a process changes in the official file.

    Attributes:
        region: as in targets.REGION_YIELDS.
        process: one of columns.PROCESSES.
        events: at the nominal point, at 10 fb^-1.
        changes: relative to that, at every other point.
    """

    region: str
    process: str
    events: float
    changes: dict[Point, float]


def read_responses(folder: Path) -> list[OfficialResponse]:
    """Read the official responses of a folder.

    Args:
        folder: with official_responses.json or without.

    Returns:
        Those of regions that are defined by cuts: where a trained classifier splits a region (*_MVA*), only who has
        that classifier can count. None where there is no such file.

    Raises:
        InputError: the file is not what it should be.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        entries = json.loads(path.read_bytes())["entries"]
        return [_entry(entry) for entry in entries if "_MVA" not in entry["region"]]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} does not hold yields by region and nuisance parameters: {error!r}.") from error


def _entry(entry: Any) -> OfficialResponse:
    events = {Point(*(row[name] for name in Point._fields)): row["events"] for row in entry["yields"]}
    nominal = events.pop(NOMINAL)
    changes = {point: value / nominal - 1 for point, value in events.items()}
    return OfficialResponse(OFFICIAL_NAMES[entry["region"]], entry["process"], nominal, changes)


def measure_responses(
    rows: Floats, weights: npt.NDArray[np.float64], points: Sequence[Point] = VARIATIONS
) -> Responses:
    """Vary the nuisance parameters of one and the same events.

    Args:
        rows: primary columns of events before the selection, float32, shape (n, 16).
        weights: shape (n,), > 0.
        points: values of the nuisance parameters.

    Returns:
        For each point the response of each region that has events.
    """
    nominal = {name: before for name, before in membership(rows, NOMINAL).items() if before.any()}

    def measure(point: Point) -> dict[str, Response]:
        shifted = [membership(rows, point, sign) for sign in ((1, -1) if point.soft_met else (1,))]
        return {name: _response(before, [one[name] for one in shifted], weights) for name, before in nominal.items()}

    with ThreadPoolExecutor(available_cores()) as pool:  # the transform runs without the GIL
        return dict(zip(points, pool.map(measure, points), strict=True))


def membership(rows: Floats, point: Point, sign: int = 1) -> dict[str, Mask]:
    """Find which events lie in which region at some values of the nuisance parameters.

    Args:
        rows: primary columns of events before the selection, float32, shape (n, 16).
        point: the values; an event's soft missing momentum is the same at every point but for its width.
        sign: 1, or -1 for the opposite soft missing momentum.

    Returns:
        For each region a mask of shape (n,); events that are not selected lie in none.
    """
    unit = np.random.default_rng(NOISE_SEED).standard_normal((2, len(rows)), np.float32)
    found: dict[str, Mask] = {}
    for start in range(0, len(rows), AT_ONCE):
        chosen = slice(start, start + AT_ONCE)
        noise = np.float32(sign * point.soft_met) * unit[:, chosen] if point.soft_met else None
        features, kept = transform(rows[chosen], tes=point.tes, jes=point.jes, noise=noise)
        for region, mask in region_masks(features).items():
            found.setdefault(region, np.zeros(len(rows), dtype=bool))[start + kept[mask]] = True
    return found


def _response(before: Mask, after: Sequence[Mask], weights: npt.NDArray[np.float64]) -> Response:
    total = weights[before].sum()
    gained = weights * (np.mean(after, axis=0) - before)
    moved = weights * np.mean([one != before for one in after], axis=0)
    number = total**2 / (weights[before] ** 2).sum()
    return Response(
        change=float(gained.sum() / total),
        error=float(np.sqrt((gained**2).sum()) / total),
        moved=float(moved.sum() / total),
        number=float(number),
    )


def response_pull(real: Response, synthetic: Response) -> float:
    """Measure how far the real rows' response is from the synthetic events'.

    Args:
        real: of few rows.
        synthetic: of many events.

    Returns:
        The difference in standard errors of the real rows; where few rows move, the error is what as many rows with
        the synthetic events' movement have.
    """
    expected = math.sqrt(max(synthetic.moved, 1 / real.number) / real.number)
    return (real.change - synthetic.change) / max(real.error, expected)
