"""Compile what a store's events are read with: started in a process of its own while the store is generated."""

import numpy as np

from higgs_challenge.tasks.higgs.events.columns import PRIMARY
from higgs_challenge.tasks.higgs.events.transform import transform


def compile_transform() -> None:
    """Compile the transformation of a store's events, by far the largest part of what a run compiles."""
    row = np.zeros((1, len(PRIMARY)), dtype=np.float32)
    row.setflags(write=False)  # as a store's are: their type decides what is compiled
    transform(row, select=False)


if __name__ == "__main__":
    compile_transform()
