"""Check numbers of the synthetic events against official ones of full statistics.

Tolerances are absolute, since the statistical errors of the official file are far smaller.
"""

import math
from collections.abc import Iterator

import numpy as np

from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS
from higgs_tools.validation.checks import Check
from higgs_tools.validation.compare import Comparison
from higgs_tools.validation.moments import OfficialMoments, Shifts
from higgs_tools.validation.regions import Floats, column
from higgs_tools.validation.responses import OfficialResponse, Responses
from higgs_tools.validation.targets import INCLUSIVE, JET_SHARES, REGION_YIELDS

MAX_ACCEPTANCE = 0.4
"""Percent of the official share that the selection keeps."""

MAX_JET_SHARE, JETS_CHECKED = 5.0, range(1, 6)
"""Percent of the official share, and the numbers of jets that are checked. Events without jets are too few for what can
be read off a histogram."""

MAX_SHIFT = 0.10
"""Of a mean, in official standard deviations."""

MAX_RMS = {"htautau": 0.03, "ztautau": 0.03, "ttbar": 0.05, "diboson": 0.05}
"""Of the shifts of all means."""

WIDTHS, MAX_WIDTH = ("PRI_had_pt", "DER_mass_vis", "DER_sum_pt"), 10.0
"""Columns whose standard deviation is checked, since their tails show jets that pass for taus; percent."""

LARGE_EVENTS, MAX_CHANGE, MAX_SMALL_CHANGE, SHARE_OF_CHANGE = 1_000.0, 0.15, 0.5, 0.1
"""A region's relative change: percentage points where it holds more than LARGE_EVENTS official events, and, beyond the
standard error, where it holds fewer; or a share of the official change where that is more."""

ROWS_PER_EVENT = {"htautau": 51_190.0, "ztautau": 100.0, "ttbar": 100.0, "diboson": 100.0}
"""Rows of the official file for an expected event after the selection."""


def check_acceptance(process: str, kept: float, total: float) -> Iterator[Check]:
    """Compare the share of events that the selection keeps with the official one.

    Args:
        process: one of columns.PROCESSES.
        kept: synthetic events that are kept.
        total: all synthetic events.

    Yields:
        One check, in percent of the official share.
    """
    official = REGION_YIELDS[INCLUSIVE][process] / NOMINAL_YIELDS[process]
    share = kept / total
    error = math.sqrt(share * (1 - share) / total)
    yield _relative("Acceptance", process, "share kept by the selection", (official, error, share), MAX_ACCEPTANCE)


def check_jet_shares(process: str, features: Floats) -> Iterator[Check]:
    """Compare the shares of ttbar events with one to five jets with the official ones; they are not checked elsewhere.

    Args:
        process: one of columns.PROCESSES.
        features: synthetic, unselected, shape (28, n).

    Yields:
        A check of each number of jets, in percent of the official share.
    """
    if process != "ttbar":
        return
    official = JET_SHARES[process]
    shares, total = jet_shares(column(features, "PRI_n_jets"), len(official))
    for jets in JETS_CHECKED:
        error = math.sqrt(shares[jets] * (1 - shares[jets]) / total)
        numbers = (official[jets], error, shares[jets])
        yield _relative("Jet multiplicity, full statistics", process, f"share with {jets} jets", numbers, MAX_JET_SHARE)


def jet_shares(jets: Floats, numbers: int) -> tuple[list[float], float]:
    """Compute the shares of events with 0, 1, 2, ... jets among those with fewer than `numbers`.

    Args:
        jets: of each event, shape (n,).
        numbers: how many shares.

    Returns:
        The shares, and the number of events that they are shares of.
    """
    counts = np.array([(jets == number).sum() for number in range(numbers)])
    return [float(share) for share in counts / counts.sum()], float(counts.sum())


def check_moments(official: OfficialMoments, shifts: Shifts) -> Iterator[Check]:
    """Compare means and widths of a region's columns with the official ones.

    Args:
        official: the moments of the region.
        shifts: of the synthetic events.

    Yields:
        A check of the root mean square of the shifts and one of every mean, in official standard deviations; and
        one of every width of WIDTHS, in percent.
    """
    name, subject = " + ".join(official.processes), "Means of columns"
    limit = max(MAX_RMS[process] for process in official.processes)
    noise = float(np.sqrt((shifts.shift_error**2).mean()))
    rms = Comparison(0.0, noise, shifts.rms, -shifts.rms / noise)
    yield Check(subject, name, f"{official.region}: r.m.s. of all shifts", rms, shifts.rms, limit, "s.d.")
    deviations = np.sqrt(official.moments.variance)
    for place, feature in enumerate(FEATURES):
        shift, mean, unit = float(shifts.shift[place]), official.moments.mean[place], deviations[place]
        error = float(shifts.shift_error[place])
        comparison = Comparison(float(mean), float(error * unit), float(mean + shift * unit), -shift / error)
        yield Check(subject, name, f"{official.region}: {feature}", comparison, shift, MAX_SHIFT, "s.d.")
    for feature in WIDTHS:
        place = FEATURES.index(feature)
        unit = float(deviations[place])
        numbers = (unit, float(shifts.width_error[place]) * unit, float(shifts.width[place]) * unit)
        yield _relative("Widths of columns", name, f"{official.region}: {feature}", numbers, MAX_WIDTH)


def check_official_responses(official: OfficialResponse, synthetic: Responses) -> Iterator[Check]:
    """Compare the effect of nuisance parameters on a region's synthetic yield with that on the official one.

    Args:
        official: the region's changes.
        synthetic: responses at the same points at least.

    Yields:
        A check of each point, in percentage points of the yield; the error is that of both samples.
    """
    small = official.events <= LARGE_EVENTS
    for point, change in official.changes.items():
        found = synthetic[point][official.region]
        rows = official.events * ROWS_PER_EVENT[official.process]
        error = max(math.hypot(found.error, math.sqrt(found.moved / rows)), 1e-9)
        comparison = Comparison(change, error, found.change, (change - found.change) / error)
        least = MAX_SMALL_CHANGE + 100 * error if small else MAX_CHANGE
        deviation, limit = 100 * (found.change - change), max(least, SHARE_OF_CHANGE * 100 * abs(change))
        name = f"{official.region}: {point}"
        yield Check(
            "Nuisance response, full statistics", official.process, name, comparison, deviation, limit, "points"
        )


def _relative(subject: str, process: str, name: str, numbers: tuple[float, float, float], limit: float) -> Check:
    """Check a ratio; the numbers are official, its error and synthetic."""
    official, error, synthetic = numbers
    comparison = Comparison(official, error, synthetic, (official - synthetic) / error)
    return Check(subject, process, name, comparison, 100 * (synthetic / official - 1), limit, "%")
