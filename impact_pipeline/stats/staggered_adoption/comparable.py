"""Which cohorts can be compared: who has a period before the change, and somebody to be compared with."""

from __future__ import annotations

from typing import Literal

import numpy as np

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts

Comparison = Literal["never_treated", "not_yet_treated"]


def comparable(cohorts: Cohorts, comparison: Comparison, anticipation: int) -> Cohorts | Refusal:
    """Cohorts with a base period `anticipation + 1` before they adopt, and comparison units in every period.

    Cohorts without a base period are left out with a note. Where nobody is never treated, units not yet treated serve
    until the last cohort adopts (less `anticipation`): later periods are left out and the last cohort counts as never
    treated, as in Callaway, Sant'Anna (2021), section 2.1.

    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> from impact_pipeline.stats.staggered_adoption.cohorts import cohorts_of
    >>> panel = panel_of(list("aabb"), [1, 2, 1, 2], [1.0, 2.0, 3.0, 5.0], [0, 1, 0, 1])
    >>> comparable(cohorts_of(panel), "never_treated", 0).reason
    'empty_arm'
    """
    based = _with_base_period(cohorts, anticipation)
    if isinstance(based, Refusal):
        return based
    if based.labels[-1] < based.horizon:
        found = _until_the_last_adopts(based, comparison, anticipation)
        if isinstance(found, Refusal):
            return found
        based = found
    return _too_few(based) or based


def _with_base_period(cohorts: Cohorts, anticipation: int) -> Cohorts | Refusal:
    late = cohorts.first > anticipation
    if not (cohorts.first[late] < cohorts.horizon).any():
        wanted = "a period" if anticipation == 0 else f"{anticipation + 1} periods"
        return Refusal(
            "no_pre_period", f"no treated unit has {wanted} before it adopts; add earlier periods to compare with"
        )
    early = cohorts.n - int(late.sum())
    note = f"{early} of {cohorts.n} units have no period before they adopt and are left out"
    return cohorts.keep(late, note) if early else cohorts


def _until_the_last_adopts(cohorts: Cohorts, comparison: Comparison, anticipation: int) -> Cohorts | Refusal:
    if comparison == "never_treated":
        return Refusal(
            "empty_arm",
            "every unit is treated in the end, so nobody is left to compare with;"
            " compare with units that are not yet treated (comparison: not_yet_treated)",
        )
    last = cohorts.labels[-1]
    end = last - anticipation
    if len(cohorts.labels) < 2 or not (cohorts.first < min(end, last)).any() or end < 2:
        return Refusal(
            "empty_arm", "all treated units adopt at one time and none is never treated: nobody is left to compare with"
        )
    note = (
        f"no unit is never treated: periods from '{cohorts.periods[end]}' on are left out, and the"
        f" {cohorts.sizes[-1]} units that adopt in '{cohorts.periods[last]}' serve as comparison only"
    )
    return cohorts.keep(np.ones(cohorts.n, dtype=np.bool_), note, horizon=end)


def _too_few(cohorts: Cohorts) -> Refusal | None:
    never = cohorts.first == cohorts.horizon
    treated = cohorts.n - int(never.sum())
    if treated < 2:
        return Refusal(
            "too_few_units",
            "one treated unit: its own variation cannot be told from the effect; use a synthetic control",
        )
    if treated == cohorts.n - 1:
        return Refusal("too_few_units", "one comparison unit: its own variation cannot be told from the effect")
    if cohorts.cluster is None:
        return None
    for name, rows in (("treated", ~never), ("comparison", never)):
        if len(np.unique(cohorts.cluster[rows])) < 2:
            return Refusal("too_few_clusters", f"all {name} units lie in one cluster; errors need at least two")
    return None
