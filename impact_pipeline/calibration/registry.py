"""Every scenario, design by design: the modules of `scenarios` whose names are here."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from impact_pipeline.calibration.scenario import Scenario
from impact_pipeline.errors import InputError

MODULES = (
    "difference_in_differences", "staggered_adoption", "synthetic_control", "observational", "cross_fitted",
    "hidden_confounding", "regression_discontinuity", "instrumental_variables", "interrupted_time_series",
    "structural_time_series", "off_policy_evaluation",
)  # fmt: skip


@cache
def scenarios() -> tuple[Scenario, ...]:
    """All of them, loaded when first asked for: they draw from heavy modules."""
    package = "impact_pipeline.calibration.scenarios"
    return tuple(one for name in MODULES for one in import_module(f"{package}.{name}").SCENARIOS)


def chosen(design: str | None) -> tuple[Scenario, ...]:
    """Those of one type of design, or all; raises `InputError` for a type without any."""
    found = tuple(one for one in scenarios() if design in (None, one.design.type))
    if not found:
        known = ", ".join(sorted({one.design.type for one in scenarios()}))
        raise InputError(f"no scenario has a design of type '{design}'; types are {known}")
    return found


def scenario_named(name: str) -> Scenario:
    """The scenario of that name."""
    return next(one for one in scenarios() if one.name == name)
