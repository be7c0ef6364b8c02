"""What checks of staggered adoption have in common: the fit they read, and how they say that they have no answer."""

from __future__ import annotations

from collections.abc import Mapping

from impact_pipeline.causal.base import Effects
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.staggered_adoption.staggered_fit import StaggeredFit


def fit_of(effects: Effects | None) -> StaggeredFit:
    """The fit behind the effects; checks and refuters are asked only where there is one."""
    if effects is None or not isinstance(effects.fit, StaggeredFit):
        raise TypeError("this check reads the fit of group-time effects")
    return effects.fit


def not_judged(name: str, sentence: str, details: Mapping[str, float | int | str] | None = None) -> Checked:
    """A finding that neither passed nor failed."""
    return Checked(Finding(name, None, None, None, sentence, "none", details or {}))
