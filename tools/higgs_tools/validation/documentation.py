"""The few pictures that the documentation shows, as small PNG files."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from higgs_challenge.cli import make_folder
from higgs_tools.validation.figure_style import QUIET, blank, light
from higgs_tools.validation.findings import Findings
from higgs_tools.validation.histograms import draw_panels
from higgs_tools.validation.official_pictures import draw_moments, draw_responses, regions_to_draw
from higgs_tools.validation.summaries import draw_yields

MIN_ROWS = 200
"""Real rows of a process for a picture of their columns."""

COLUMNS = (
    *("PRI_lep_pt", "PRI_had_pt", "PRI_met", "PRI_n_jets", "PRI_jet_leading_pt", "DER_mass_vis"),
    *("DER_mass_transverse_met_lep", "DER_pt_h", "DER_pt_tot"),
)
ACROSS = 3
DPI = 110


def write_figures(findings: Sequence[Findings], folder: Path) -> None:
    """Write the pictures of the documentation.

    Args:
        findings: of each process.
        folder: to write to, made where it does not exist.

    Raises:
        InputError: the folder cannot be made.
    """
    make_folder(folder)
    for one in findings:
        if one.real is not None and len(one.real.rows) >= MIN_ROWS:
            _save(_kinematics(one), folder / f"kinematics_{one.process}.png")
        _save(draw_responses(one, regions_to_draw(one), light), folder / f"nuisances_{one.process}.png")
        for found in one.moments:
            where = "low" if found.official.region.startswith("mT <") else "high"
            name = f"moments_{where}_{'_'.join(found.official.processes)}.png"
            _save(draw_moments(found, light), folder / name)
        yields = [check for check in one.checks if check.subject == "Region yields"]
        _save(draw_yields(yields, light), folder / f"yields_{one.process}.png")


def _kinematics(one: Findings) -> Figure:
    down = -(-len(COLUMNS) // ACROSS)
    figure = blank(250 * ACROSS, 210 * down)
    for place, name in enumerate(COLUMNS):
        row, column = divmod(place, ACROSS)
        left, bottom = (column + 0.13) / ACROSS, 1 - (row + 0.8) / down
        box = (left, bottom, 0.83 / ACROSS, 0.68 / down)
        draw_panels(figure, box, name, (one.synthetic.sample, one.real, one.particle), light)
        figure.text(left, bottom + 0.7 / down, name, color=light(QUIET), fontsize=9)
    return figure


def _save(figure: Figure, path: Path) -> None:
    figure.patch.set_visible(True)
    figure.savefig(path, format="png", dpi=DPI, facecolor=light("paper"), metadata={"Software": None})
