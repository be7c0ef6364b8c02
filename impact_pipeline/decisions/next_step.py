"""What to do next, in words: of arms where units were randomised, of the change itself where nobody was."""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline.catalog.designs import arm_shares, control_arm
from impact_pipeline.catalog.plan import EvaluationPlan
from impact_pipeline.estimators.base import Grade


def ship(plan: EvaluationPlan, arm: str) -> str:
    """Give the change to all."""
    version = f"{plan.change.model} version {plan.change.to_version}"
    if not arm_shares(plan.design):
        return f"Keep {version}, and give it to every {plan.entity}."
    return f"Give every {plan.entity} the arm '{arm}' ({version})."


def roll_back(plan: EvaluationPlan, arms: Sequence[str]) -> str:
    """Take the change back."""
    version = f"{plan.change.model} version {plan.change.from_version}"
    if not arm_shares(plan.design):
        return f"Return every {plan.entity} to {version}."
    named = " and ".join(f"'{arm}'" for arm in arms)
    return f"Return every {plan.entity} in {named} to '{control_arm(plan.design)}' ({version})."


def stay(plan: EvaluationPlan, stopped_by: Grade | None) -> str:
    """Change nothing; `stopped_by` is the grade of evidence that alone stood in the way."""
    if arm_shares(plan.design):
        told = "The intervals say which effects are excluded; to see smaller ones, plan a study with more units or a"
        return f"Keep '{control_arm(plan.design)}'. {told} longer one."
    if stopped_by == "D":
        return "Decide nothing on this: settle the failed checks by another design, or randomise the change for some."
    if stopped_by is not None:
        allowed = "register a plan that ships on it (`ships_on_grade`) before the data are seen"
        told = f"Evidence of grade {stopped_by} is not what the plan ships on"
        return f"{told}: randomise the change for some, or {allowed}."
    told = "Decide nothing on this: the interval says which effects are excluded"
    return f"{told}; randomise the change for some to see smaller ones."


def explored(*, harmed: bool) -> str:
    """After a verdict that does not count: nothing was decided, whatever it says."""
    told = "Decide nothing on this: a plan binds that is registered and approved before its first look, and kept"
    return f"{'Look at the harm now. ' if harmed else ''}{told}. To confirm it, register a plan for a new study."
