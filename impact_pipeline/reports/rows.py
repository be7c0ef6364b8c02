"""Estimates as lines of a table, the same in HTML, Markdown and the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.estimators.base import NO_LIFT, Estimate, NotEstimable, Reason, Result
from impact_pipeline.reports.formatting import PERCENT, Shown, capitalised, count, mean, p_value, shown, unit_of
from impact_pipeline.reports.look import Look, Role, Tone
from impact_pipeline.reports.narrative import displayed_interval, refusal

NOTHING = "\u2013"
WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """`refused` holds the reason where there is no number; `note` why a relative effect is missing.

    `precision` is that of a number that is withheld from readers.
    """

    label: str
    role: Role
    segment: tuple[str, str]
    control_units: str
    treatment_units: str
    method: str
    control_mean: str = NOTHING
    treatment_mean: str = NOTHING
    absolute: Shown | None = None
    relative: Shown | None = None
    p_value: str = NOTHING
    grade: str = NOTHING
    tone: Tone = "unclear"
    refused: str = ""
    withheld: bool = False
    note: str = ""
    precision: str = ""

    @property
    def instead(self) -> tuple[str, str]:
        """What stands for effect and interval where they are not shown."""
        if self.precision:
            return WITHHELD, self.precision
        return WITHHELD if self.withheld else "not estimable", self.refused

    @property
    def effect(self) -> Shown | None:
        """The relative effect, or the absolute one where there is none."""
        return self.relative or self.absolute


def estimate_rows(look: Look, results: Iterable[Result]) -> tuple[EstimateRow, ...]:
    """A line for each result, in the order given."""
    return tuple(_line(look, result) for result in results)


def _line(look: Look, result: Result) -> EstimateRow:
    units, contrast = result.n_per_arm, result.contrast
    bare = EstimateRow(
        look.reading_label(result) if result.variant else look.label(result.metric, contrast),
        look.role(result.metric),
        (result.segment[0], result.segment[1] or "unknown"),
        _units(look, units, contrast.control),
        _units(look, units, contrast.treatment),
        result.method,
    )
    if isinstance(result, NotEstimable):
        precision = result.detail if result.reason is Reason.BLINDED else ""
        told = replace(bare, refused=f"{capitalised(refusal(result))}.", precision=precision, withheld=result.withheld)
        return replace(told, control_units=WITHHELD, treatment_units=WITHHELD) if result.withheld else told
    return _with_numbers(bare, look, result)


def _units(look: Look, units: Mapping[str, int], arm: str) -> str:
    """Units of an arm; nothing where a causal method counts others, such as those on each side of a cut-off."""
    return "" if look.is_causal and arm not in units else count(units.get(arm, 0))


def _with_numbers(bare: EstimateRow, look: Look, result: Estimate) -> EstimateRow:
    metric, relative, contrast = look.metric(result.metric), result.relative, result.contrast
    return replace(
        bare,
        control_mean=_mean_of(result, contrast.control, metric),
        treatment_mean=_mean_of(result, contrast.treatment, metric),
        absolute=shown(result.value, result.interval, unit_of(metric), signed=True),
        relative=None if relative is None else shown(relative.value, relative.interval, PERCENT, signed=True),
        p_value=p_value(result.p_value),
        grade=result.grade,
        tone=look.tone(result.metric, displayed_interval(result)),
        note="; ".join(note for note in (_no_lift(result), _capped(look, result)) if note),
    )


def _no_lift(result: Estimate) -> str:
    """Why there is no lift; that a metric has none by its document needs no telling."""
    return "" if result.relative_refused in (None, NO_LIFT) else result.relative_refused


def _mean_of(result: Estimate, arm: str, metric: Metric | None) -> str:
    """The arm's mean; a dash where the method has none."""
    found = result.means.get(arm)
    return "\N{EN DASH}" if found is None else mean(found, metric)


def _capped(look: Look, result: Estimate) -> str:
    """The largest value that a unit counts with, pooled over arms."""
    if result.cap is None:
        return ""
    return f"a unit counts with at most {mean(result.cap, look.metric(result.metric))}"
