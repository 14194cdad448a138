"""The six nuisance parameters: their values, their priors, and their effect on a process's yield."""

import math
from dataclasses import dataclass

import numpy as np

from higgs_challenge.errors import InputError
from higgs_challenge.task import Prior
from higgs_challenge.tasks.higgs.events.columns import SIGNAL


@dataclass(frozen=True)
class Nuisances:
    """Values of the six nuisance parameters; the defaults are the nominal ones.

    Attributes:
        tes: tau energy scale, a factor on PRI_had_pt.
        jes: jet energy scale, a factor on the jets' pt.
        soft_met: width in GeV of the noise added to each component of the missing transverse momentum.
        ttbar_scale: factor on the ttbar yield.
        diboson_scale: factor on the diboson yield.
        bkg_scale: factor on every background's yield, on top of its own.

    Raises:
        InputError: a value is not a finite number or is below 0, or an energy scale is 0.
    """

    tes: float = 1.0
    jes: float = 1.0
    soft_met: float = 0.0
    ttbar_scale: float = 1.0
    diboson_scale: float = 1.0
    bkg_scale: float = 1.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            minimum = "above 0" if name in ("tes", "jes") else "at least 0"
            is_number = isinstance(value, int | float | np.number) and math.isfinite(value)
            if not is_number or value < 0 or (value == 0 and minimum == "above 0"):
                raise InputError(f"The nuisance parameter {name} must be a number {minimum}, not {value!r}.")

    def yield_scale(self, process: str) -> float:
        """Return the factor by which the nuisance parameters change a process's expected yield.

        The official code applies bkg_scale to ttbar and diboson only where their own scale is active too; here it
        reaches every background, as the challenge describes it.

        Args:
            process: one of columns.PROCESSES.

        Returns:
            A dimensionless factor; 1 for the signal.

        Example:
            >>> round(Nuisances(ttbar_scale=1.1, bkg_scale=1.01).yield_scale("ttbar"), 3)
            1.111
        """
        if process == SIGNAL:
            return 1.0
        own = {"ttbar": self.ttbar_scale, "diboson": self.diboson_scale}
        return self.bkg_scale * own.get(process, 1.0)


PRIORS = {
    "tes": Prior("normal", 1.0, 0.01, 0.9, 1.1),
    "jes": Prior("normal", 1.0, 0.01, 0.9, 1.1),
    "soft_met": Prior("lognormal", 0.0, 1.0, 0.0, 5.0),
    "ttbar_scale": Prior("normal", 1.0, 0.02, 0.8, 1.2),
    "diboson_scale": Prior("normal", 1.0, 0.25, 0.0, 2.0),
    "bkg_scale": Prior("normal", 1.0, 0.001, 0.99, 1.01),
}
"""Priors of the challenge (white paper arXiv:2410.02867, section on systematic uncertainties)."""
