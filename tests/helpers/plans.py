"""Plans from settings alone."""

from higgs_challenge.experiments import Plan, Settings, make_plan
from higgs_challenge.tasks import load_task


def plan_of(settings: Settings) -> Plan:
    """Make the plan of settings, with the task that they name."""
    return make_plan(settings, load_task(settings.task))
