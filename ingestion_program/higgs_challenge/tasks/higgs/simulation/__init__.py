"""Synthetic events of the four processes, close enough to the official data to develop and rank methods on."""

from higgs_challenge.tasks.higgs.simulation.generator import (
    BLOCK,
    NOMINAL_YIELDS,
    generator_version,
    simulate,
    simulate_blocks,
    simulate_into,
)

__all__ = ["BLOCK", "NOMINAL_YIELDS", "generator_version", "simulate", "simulate_blocks", "simulate_into"]
