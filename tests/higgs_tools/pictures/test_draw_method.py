"""A method's picture comes from its results file, and lies beside its README."""

from pathlib import Path

import pytest
from PIL import Image

from higgs_tools.commands import draw
from higgs_tools.pictures.draw_method import draw_method
from tests.helpers.commands import call
from tests.helpers.made_results import made_result


def test_the_picture_follows_the_answers(tmp_path: Path) -> None:
    result = made_result("mine")
    moved = result.answers.model_copy(update={"mus": [mu + 0.3 for mu in result.answers.mus]})
    for name, drawn in (("one", result), ("same", result), ("off", result.model_copy(update={"answers": moved}))):
        draw_method(drawn, tmp_path / f"{name}.png")

    one, same, off = ((tmp_path / f"{name}.png").read_bytes() for name in ("one", "same", "off"))
    assert one == same != off
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.format == "PNG"


def test_every_method_with_a_results_file_gets_its_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """But not the reference, which is no folder of baselines/, nor a second training."""
    monkeypatch.setattr(draw, "find_repository", lambda: tmp_path)
    (tmp_path / "results").mkdir()
    for name, seed in (("mine", 1), ("mine", 2), ("yours", None), ("reference", 1)):
        text = made_result(name, training_seed=seed).model_dump_json()
        (tmp_path / "results" / f"{name}{seed}.json").write_text(text)
    for name in ("mine", "yours"):
        (tmp_path / "baselines" / name).mkdir(parents=True)

    assert call("draw", "methods", tmp_path / "results") == 0

    drawn = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    assert drawn == ["baselines/mine/measured.png", "baselines/yours/measured.png"]
    assert len(capsys.readouterr().out.splitlines()) == 2
