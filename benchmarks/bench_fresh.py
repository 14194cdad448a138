"""Prints what it takes to make the events of a pseudo-experiment for it alone, all six nuisance parameters acting."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from rows import Row, in_turn, run, seconds

from higgs_challenge import Experiment, Nuisances
from higgs_challenge.cores import available_cores
from higgs_challenge.tasks.higgs.fresh import FreshSampler
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS

NUISANCES = Nuisances(tes=1.01, jes=0.99, soft_met=1.0, ttbar_scale=1.02, diboson_scale=0.8, bkg_scale=1.001)


def measure(repeats: int = 3) -> list[Row]:
    """Time fresh events: with one thread, with as many as cores, and with a worker for each core.

    Args:
        repeats: of each.

    Returns:
        Rows of the table.
    """
    cores, numbers = available_cores(), count()

    def draw(sampler: FreshSampler) -> None:
        sampler.draw(Experiment(0, next(numbers), 1.0, NUISANCES, seed=1))

    alone, threaded = FreshSampler(NOMINAL_YIELDS), FreshSampler(NOMINAL_YIELDS, cores)
    one, many = in_turn([lambda: draw(alone), lambda: draw(threaded)], repeats)
    samplers = [FreshSampler(NOMINAL_YIELDS) for _ in range(cores)]
    used = time.process_time()
    with ThreadPoolExecutor(cores) as workers:
        each = seconds(lambda: list(workers.map(draw, samplers))) / cores
    used = (time.process_time() - used) / cores
    what = "fresh events of one pseudo-experiment"
    return [
        Row(f"{what}, one thread", "s", one),
        Row(f"{what}, {cores} threads", "s", many),
        Row(f"{what}, {cores} workers at a time, each", "s", each),
        Row(f"{what}, processor time", "s", used),
    ]


if __name__ == "__main__":
    run(measure, __doc__)
