"""Which events and which jets a measurement keeps."""

import math

from higgs_challenge.compiled import compiled
from higgs_challenge.events.columns import (
    HAD_PT,
    JET1_ETA,
    JET1_PHI,
    JET1_PT,
    JET2_ETA,
    JET2_PHI,
    JET2_PT,
    JET_ALL_PT,
    LEP_PT,
    MISSING,
    N_JETS,
)
from higgs_challenge.events.distortion import round3

TAU_THRESHOLD = 26.0
LEPTON_THRESHOLD = 20.0
JET_THRESHOLD = 26.0


@compiled
def select_event(p):  # type: ignore[no-untyped-def]
    """Decide whether an event is kept, and remove its jets below threshold, in place.

    Jets are ordered in pt, so when a stored jet is below 26 GeV every later one is too and goes with it. The third and
    later jets are known only through their summed pt: at most floor(sum / 26) of them reach the threshold, exact for
    three jets; where that is fewer than recorded, so many stay, with 26 GeV each. The official code removes the
    stored jets alone, so that a record can claim jets it no longer has.

    Args:
        p: 16 primary columns after distortion, float64; GeV and rad.

    Returns:
        False where the tau is below 26 GeV or the lepton below 20 GeV.
    """
    if p[HAD_PT] < TAU_THRESHOLD or p[LEP_PT] < LEPTON_THRESHOLD:
        return False
    if p[N_JETS] >= 3.0:
        others = p[N_JETS] - 2.0
        summed = round3(p[JET_ALL_PT] - p[JET1_PT] - p[JET2_PT])
        passing = max(math.floor(summed / JET_THRESHOLD), 0.0)
        if passing < others:
            p[N_JETS] = 2.0 + passing
            p[JET_ALL_PT] = round3(p[JET1_PT] + p[JET2_PT] + passing * JET_THRESHOLD)
    if p[N_JETS] >= 2.0 and p[JET2_PT] < JET_THRESHOLD:
        p[JET2_PT] = MISSING
        p[JET2_ETA] = MISSING
        p[JET2_PHI] = MISSING
        p[N_JETS] = 1.0
        p[JET_ALL_PT] = p[JET1_PT]
    if p[N_JETS] == 1.0 and p[JET1_PT] < JET_THRESHOLD:
        p[JET1_PT] = MISSING
        p[JET1_ETA] = MISSING
        p[JET1_PHI] = MISSING
        p[N_JETS] = 0.0
        p[JET_ALL_PT] = 0.0
    return True
