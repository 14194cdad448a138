"""Making particle-level events, as far as it goes without Pythia, which is not installed with the rest."""

import importlib.util
from pathlib import Path

import pytest

from higgs_tools.tuning.pythia_events import Momentum
from tests.helpers.commands import start


@pytest.mark.skipif(importlib.util.find_spec("pythia8mc") is not None, reason="pythia8mc is installed")
def test_missing_pythia_is_named_with_the_remedy(tmp_path: Path) -> None:
    run = start("pythia-events", tmp_path, "--process", "ttbar")
    assert run.returncode == 2
    assert "pip install pythia8mc" in run.stderr
    assert not list(tmp_path.iterdir())


def test_momenta_are_measured_in_the_beam_s_coordinates() -> None:
    momentum = Momentum(3.0, 4.0, 0.0) + Momentum(-3.0, 0.0, 0.0)
    assert (momentum.pt, momentum.eta) == (4.0, 0.0)
    assert momentum.phi == pytest.approx(1.5708, abs=1e-4)


@pytest.mark.parametrize(("momentum", "kept"), [((16.0, 0.0, 0.0), True), ((14.0, 0, 0), False), ((16, 0, 200), False)])
def test_only_central_hard_leptons_and_taus_are_kept(momentum: tuple[float, float, float], kept: bool) -> None:
    assert Momentum(*momentum).accepted == kept
