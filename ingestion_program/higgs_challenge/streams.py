"""Random streams with names: no two purposes share one, and none depends on who draws first."""

import hashlib
import json

import numpy as np


def derive_seed(root: int, *names: str | int) -> int:
    """Derive the seed of a named stream.

    Args:
        root: the plan's or the data's seed, any non-negative integer; long ones cannot be guessed.
        names: what the stream is for, for instance ("yields", 3, 17).

    Returns:
        A 128-bit integer: the same for the same arguments, unrelated for any others.
    """
    named = json.dumps([root, *names])
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:16], "big")


def stream(root: int, *names: str | int) -> np.random.Generator:
    """Open a named random stream; arguments as in derive_seed.

    Example:
        >>> bool(stream(1, "mu", 0).random() == stream(1, "mu", 0).random())
        True
    """
    return np.random.Generator(np.random.SFC64(derive_seed(root, *names)))
