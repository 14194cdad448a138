"""Settings become a plan, and an entry of the plan becomes events."""

from higgs_challenge.experiments.draw import StoreDrawer, draw_features, draw_pseudo_experiment
from higgs_challenge.experiments.plan import Experiment, Plan, make_plan, write_truth
from higgs_challenge.experiments.settings import Settings, load_settings

__all__ = [
    "Experiment",
    "Plan",
    "Settings",
    "StoreDrawer",
    "draw_features",
    "draw_pseudo_experiment",
    "load_settings",
    "make_plan",
    "write_truth",
]
