"""Turn settings into a plan: signal strength and nuisance parameters of every pseudo-experiment."""

from higgs_challenge.experiments.plan import Plan, load_plan, make_plan, write_truth
from higgs_challenge.experiments.settings import Settings, load_settings

__all__ = ["Plan", "Settings", "load_plan", "load_settings", "make_plan", "write_truth"]
