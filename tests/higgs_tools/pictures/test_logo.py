"""The logo is what its script draws."""

import io

import numpy as np
from matplotlib.image import imread

from higgs_tools.pictures.draw_logo import draw


def test_script_is_deterministic(tmp_path):
    draw(tmp_path / "one.png")
    draw(tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_logo_is_what_the_script_draws(root, tmp_path):
    draw(tmp_path / "logo.png")
    committed = (root / "logo.png").read_bytes()
    assert committed.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(committed) < 100_000
    pixels, drawn = imread(io.BytesIO(committed)), imread(tmp_path / "logo.png")
    assert pixels.shape == drawn.shape == (512, 512, 4)
    # Another version of matplotlib may smooth edges differently.
    assert np.abs(pixels - drawn).mean() < 0.01
