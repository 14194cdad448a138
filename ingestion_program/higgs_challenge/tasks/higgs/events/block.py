"""A block of events in the processor's cache: their columns, one after the other, in a flat array.

Flat, with a fixed distance between columns, so that the compiler knows that no column overlaps another; and every
column is named by itself, since a loop over columns inside the loop over events would keep it from computing several
events at once.
"""

import numpy as np

from higgs_challenge.compiled import inlined
from higgs_challenge.tasks.higgs.events.columns import FEATURES, PRIMARY
from higgs_challenge.tasks.higgs.events.record import Event
from higgs_challenge.tasks.higgs.events.vector_maths import round3

BLOCK = 512
"""Events that are computed together: all their numbers fit into a processor's nearest caches."""

STRIDE = BLOCK + 8
"""From one column to the next; a power of two would put all columns into the same places of the cache."""

SOFT_X, SOFT_Y = len(PRIMARY), len(PRIMARY) + 1
"""Columns of a loaded block after the primary ones: soft missing momentum."""

LOADED_SIZE = (len(PRIMARY) + 2) * STRIDE
COMPUTED_SIZE = len(FEATURES) * STRIDE


@inlined
def read_number(block, column, i):  # type: ignore[no-untyped-def]
    """Read a number of event i from a block, as float64."""
    return np.float64(block[column * STRIDE + i])


@inlined
def read_event(block, i):  # type: ignore[no-untyped-def]
    """Read event i from a loaded block, its angles rounded to 3 decimals as in the record."""
    return Event(
        read_number(block, 0, i),
        round3(read_number(block, 1, i)),
        round3(read_number(block, 2, i)),
        read_number(block, 3, i),
        round3(read_number(block, 4, i)),
        round3(read_number(block, 5, i)),
        read_number(block, 6, i),
        round3(read_number(block, 7, i)),
        round3(read_number(block, 8, i)),
        read_number(block, 9, i),
        round3(read_number(block, 10, i)),
        round3(read_number(block, 11, i)),
        read_number(block, 12, i),
        read_number(block, 13, i),
        read_number(block, 14, i),
        read_number(block, 15, i),
    )


@inlined
def write_features(block, i, event, derived):  # type: ignore[no-untyped-def]
    """Write the 28 features of event i, an Event and its 12 derived features, to a computed block."""
    block[0 * STRIDE + i] = event.lep_pt
    block[1 * STRIDE + i] = event.lep_eta
    block[2 * STRIDE + i] = event.lep_phi
    block[3 * STRIDE + i] = event.had_pt
    block[4 * STRIDE + i] = event.had_eta
    block[5 * STRIDE + i] = event.had_phi
    block[6 * STRIDE + i] = event.jet1_pt
    block[7 * STRIDE + i] = event.jet1_eta
    block[8 * STRIDE + i] = event.jet1_phi
    block[9 * STRIDE + i] = event.jet2_pt
    block[10 * STRIDE + i] = event.jet2_eta
    block[11 * STRIDE + i] = event.jet2_phi
    block[12 * STRIDE + i] = event.n_jets
    block[13 * STRIDE + i] = event.jet_all_pt
    block[14 * STRIDE + i] = event.met
    block[15 * STRIDE + i] = event.met_phi
    block[16 * STRIDE + i] = derived[0]
    block[17 * STRIDE + i] = derived[1]
    block[18 * STRIDE + i] = derived[2]
    block[19 * STRIDE + i] = derived[3]
    block[20 * STRIDE + i] = derived[4]
    block[21 * STRIDE + i] = derived[5]
    block[22 * STRIDE + i] = derived[6]
    block[23 * STRIDE + i] = derived[7]
    block[24 * STRIDE + i] = derived[8]
    block[25 * STRIDE + i] = derived[9]
    block[26 * STRIDE + i] = derived[10]
    block[27 * STRIDE + i] = derived[11]
