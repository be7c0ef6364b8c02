"""The change of adopters just before they adopt: what those do who know what is coming."""

from __future__ import annotations

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.aggregation import Average, by_share
from impact_pipeline.stats.staggered_adoption.group_time import GroupTime


def last_step(found: GroupTime) -> Average | Refusal:
    """The change from the last but one untouched period to the last one, over cohorts by their shares.

    >>> import numpy as np
    >>> from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
    >>> from impact_pipeline.stats.staggered_adoption.group_time import group_time_effects
    >>> rows = np.array([[0.0, 1.5, 4.0], [1.0, 2.5, 3.5], [0.0, 1.0, 2.0], [1.0, 2.0, 2.0]])
    >>> cohorts = Cohorts(("1", "2", "3"), np.arange(4), np.array([2, 2, 3, 3]), rows, np.ones(4))
    >>> steps = [last_step(group_time_effects(cohorts, base_period=base)) for base in ("varying", "universal")]
    >>> [(step.position, step.value) for step in steps]
    [(-1, 0.5), (-1, 0.5)]
    """
    last = -1 - found.anticipation
    steps = [k for k in found.before if {found.cells[k].event, _base(found, k)} == {last, last - 1}]
    if not steps:
        return Refusal("no_pre_period", "no cohort has two periods before it adopts")
    step = by_share(found, steps, last)
    is_forward = found.cells[steps[0]].event == last
    return step if is_forward else Average(last, -step.value, -step.weights, -step.gradient)


def _base(found: GroupTime, place: int) -> int:
    """The base period as time since adoption."""
    return found.cells[place].base - found.cells[place].cohort
