"""The effect of a change that did not happen: the treated pretend to start earlier, and what came after is left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from impact_pipeline.stats.difference_in_differences.average_effect import Errors, average_effect
from impact_pipeline.stats.difference_in_differences.eligible import Eligible, eligible
from impact_pipeline.stats.difference_in_differences.panel_regression import Inferred
from impact_pipeline.stats.refusal import Refusal


@dataclass(frozen=True, slots=True)
class PlaceboPeriod:
    """The effect from the period `pretended` on, among the periods before any treatment or anticipation."""

    inferred: Inferred
    pretended: str
    periods: int


def placebo_period(
    rows: Eligible, errors: Errors, alpha: float, rng: np.random.Generator, *, anticipation: int = 0
) -> PlaceboPeriod | Refusal:
    """The pretended start halves the periods before the first real one.

    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> y = np.random.default_rng(0).normal(size=40)
    >>> treated = np.repeat(np.arange(10) < 5, 4) & np.tile(np.arange(4) == 3, 10)
    >>> rows = eligible(panel_of(np.repeat(np.arange(10), 4), np.tile(np.arange(4), 10), y, treated))
    >>> found = placebo_period(rows, "CR1", 0.05, np.random.default_rng(0))
    >>> found.pretended, found.periods
    ('2', 3)
    """
    panel = rows.panel
    last = int(rows.starts.min()) - anticipation
    if last < 2:
        return Refusal("too_few_periods", f"{max(last, 0)} periods lie before the change; pretending needs two")
    pretended = (last + 1) // 2
    early = panel.period < last
    moved = replace(panel, treated=(rows.is_treated & (panel.period >= pretended)).astype(np.float64)).keep(early)
    before = eligible(moved)
    if isinstance(before, Refusal):
        return before
    found = average_effect(before, errors, alpha, rng)
    if isinstance(found, Refusal):
        return found
    return PlaceboPeriod(found.inferred, panel.periods[pretended], last)
