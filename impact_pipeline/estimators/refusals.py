"""What must be true of a sample before any estimator sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metric import Metric
from impact_pipeline.estimators.base import Contrast, Reason, Sample
from impact_pipeline.outcomes.cells import Cells

Refusal = tuple[Reason, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric of one contrast in one segment, as measured at a look."""

    study: Study
    cells: Cells
    metric: Metric
    contrast: Contrast
    sample: Sample

    @property
    def n_per_arm(self) -> Mapping[str, int]:
        """Units whose window has closed, in strata that can be used or not."""
        return {
            a: self.cells.moments(self.metric.name, a, self.sample.segment).n
            for a in (self.contrast.control, self.contrast.treatment)
        }


def refusal(measured: Measured) -> Refusal | None:
    """The first reason why the metric cannot be estimated from these units, or None."""
    return (
        _undefined(measured)
        or _empty(measured)
        or _too_few(measured, measured.n_per_arm)
        or _not_comparable(measured)
        or _too_few(measured, {arm: measured.sample.arm(arm).n for arm in measured.n_per_arm})
    )


def _undefined(measured: Measured) -> Refusal | None:
    name = measured.metric.name
    rows = measured.cells.undefined(name)
    if not rows:
        return None
    count = "1 row has" if rows == 1 else f"{rows} rows have"
    detail = f"{count} no finite value of '{name}' (a division by zero, say)"
    return Reason.MEASURE_UNDEFINED, f"{detail}; filter such rows or mend the measure"


def _empty(measured: Measured) -> Refusal | None:
    window, segment = measured.metric.window, measured.sample.segment
    for arm, closed in measured.n_per_arm.items():
        exposed = measured.cells.exposed(arm, segment)
        if not exposed:
            return Reason.EMPTY_ARM, f"no unit was exposed to '{arm}'"
        if not closed:
            detail = f"it has closed for none of the {exposed} units of '{arm}'"
            return Reason.WINDOW_NOT_CLOSED, f"the window ends {window.last_day} days after exposure; {detail}"
    return None


def _not_comparable(measured: Measured) -> Refusal | None:
    if measured.sample.strata:
        return None
    return Reason.EMPTY_ARM, f"no phase has units of both arms: {'; '.join(measured.sample.notes)}"


def _too_few(measured: Measured, units: Mapping[str, int]) -> Refusal | None:
    fewest = measured.study.plan.decision.min_units_per_arm
    for arm, n in units.items():
        if n < fewest:
            return Reason.TOO_FEW_UNITS, f"'{arm}' has {n} units; the plan asks for {fewest} in each arm"
    return None
