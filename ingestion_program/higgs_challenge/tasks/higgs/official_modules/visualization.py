"""The official module `visualization`: nobody sees what a submission draws, so its functions only warn."""

import warnings
from collections.abc import Callable
from typing import Any


def without_drawing(name: str) -> Callable[..., None]:
    """Make a function that takes any arguments, draws nothing, and warns so."""

    def draw_nothing(*arguments: Any, **options: Any) -> None:
        warnings.warn(f"{name} draws nothing in a submission.", stacklevel=2)

    return draw_nothing


correlation_plots = without_drawing("correlation_plots")
event_vise_syst = without_drawing("event_vise_syst")
histogram_syst = without_drawing("histogram_syst")
pair_plots = without_drawing("pair_plots")
pair_plots_syst = without_drawing("pair_plots_syst")
stacked_histogram = without_drawing("stacked_histogram")
visualize_coverage = without_drawing("visualize_coverage")
visualize_scatter = without_drawing("visualize_scatter")
