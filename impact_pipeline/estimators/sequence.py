"""Which inference a plan's looks ask for at one look: what the interval and the p-value promise."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import arm_shares
from impact_pipeline.catalog.looks import AlwaysValidLooks, GroupSequentialLooks
from impact_pipeline.estimators.base import Contrast
from impact_pipeline.estimators.kept import Kept
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stats.inference import AlwaysValid, FixedHorizon, GroupSequential, Inference

LEAST_INFORMATION = 1e-6
"""What a look has where nothing has closed yet: it spends next to nothing."""


def inference_of(study: Study, contrast: Contrast, fractions: tuple[float, ...]) -> Inference:
    """`fractions` are the shares of the planned information at the planned looks so far, this one included."""
    looks = study.plan.looks
    if isinstance(looks, AlwaysValidLooks):
        return AlwaysValid(planned_units(study, contrast, looks.planned_units), study.plan.decision.alpha)
    if isinstance(looks, GroupSequentialLooks):
        return GroupSequential(fractions, looks.spending)
    return FixedHorizon()


def planned_units(study: Study, contrast: Contrast, units: int) -> float:
    """Those of the two arms of a contrast, by their planned shares."""
    shares = arm_shares(study.plan.design)
    return units * (shares[contrast.treatment] + shares[contrast.control])


def information_at(study: Study, kept: Kept, contrast: Contrast, as_of: date, last_day: int) -> tuple[float, ...]:
    """Shares of the planned information at the looks of a group-sequential plan up to `as_of`, in rising order.

    A night that is no planned look is read as if it were one. At the planned look all information is in, or more than
    was planned: then earlier looks may have left nothing to spend.
    """
    looks = study.plan.looks
    if not isinstance(looks, GroupSequentialLooks):
        return ()
    days = (*(day for day in looks.on if day < as_of), as_of)
    planned = planned_units(study, contrast, looks.planned_units)
    found = [_closed_units(kept, contrast, day, last_day) / planned for day in days]
    if as_of >= study.planned_look:
        found[-1] = max(1.0, found[-1])
    rising: list[float] = []
    for share in found:
        rising = [earlier for earlier in rising if earlier < share]
        rising.append(max(share, LEAST_INFORMATION))
    return tuple(rising)


def _closed_units(kept: Kept, contrast: Contrast, by: date, last_day: int) -> int:
    cells = kept.cells
    days = cells.places_of(day for day in cells.axes.cohorts if day + timedelta(days=last_day) <= by)
    arms = [cells.axes.place[arm] for arm in (contrast.treatment, contrast.control) if arm in cells.axes.place]
    everyone = cells.axes.place[ALL_UNITS]
    return int(np.asarray(kept.moments.n)[np.ix_(days, arms, [everyone])].sum())


def decides(study: Study, as_of: date) -> bool:
    """Whether a look at `as_of` may end in ship or rollback: the planned one, or one that the plan's looks allow."""
    if as_of >= study.planned_look:
        return True
    looks = study.plan.looks
    if isinstance(looks, GroupSequentialLooks):
        return as_of in looks.on
    return isinstance(looks, AlwaysValidLooks)
