"""What a study found beside what its plan expected of each metric."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.catalog.effect_size import EffectSize
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.plan import GuardrailUse, MetricUse, SuccessUse
from impact_pipeline.estimators.base import Estimate, Interval, NonInferiority, Result
from impact_pipeline.reports.formatting import unit_of, with_unit
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.rows import NOTHING, estimate_rows


@dataclass(frozen=True, slots=True)
class ExpectationRow:
    """`came_out` says how the interval lies to what was expected, or to a guardrail's margin."""

    label: str
    role: str
    expected: str
    effect: str
    interval: str
    p_value: str
    came_out: str


def expectation_rows(look: Look) -> tuple[ExpectationRow, ...]:
    """A row for each result over all units, in the order of the page."""
    uses = {use.name: use for use in look.study.uses}
    found = zip(look.results, estimate_rows(look, look.results), strict=True)
    return tuple(
        ExpectationRow(
            row.label, row.role, _expected(look, result, uses.get(_name(result))),
            row.effect.value if row.effect else "not estimable", row.effect.interval if row.effect else row.refused,
            row.p_value, _came_out(look, result, uses.get(_name(result))),
        )
        for result, row in found
    )  # fmt: skip


def _expected(look: Look, result: Result, use: MetricUse | None) -> str:
    metric = look.metric(result.metric)
    if isinstance(use, SuccessUse) and use.expected is not None:
        return f"{_size(use.expected, metric)} {metric.better if metric else 'better'}"
    if isinstance(use, GuardrailUse):
        return f"at most {_size(use.margin, metric)} worse"
    return NOTHING


def _size(size: EffectSize, metric: Metric | None) -> str:
    if size.relative is not None:
        return f"{100 * size.relative:g} %"
    unit = unit_of(metric)
    return with_unit(f"{(size.absolute or 0) * unit.factor:g}", unit.difference)


def _came_out(look: Look, result: Result, use: MetricUse | None) -> str:
    if not isinstance(result, Estimate):
        return NOTHING
    if isinstance(use, GuardrailUse) and result.non_inferiority is not None:
        return _within(result.non_inferiority)
    metric = look.metric(result.metric)
    if not isinstance(use, SuccessUse) or use.expected is None or metric is None:
        return NOTHING
    interval = _comparable(result, use.expected)
    return NOTHING if interval is None else _against(interval, use.expected, metric)


def _within(test: NonInferiority) -> str:
    return "within the margin" if test.p_value <= 1 - test.level else "not shown to be within the margin"


def _comparable(result: Estimate, expected: EffectSize) -> Interval | None:
    """The interval in the terms of what was expected: of the lift or of the difference."""
    if expected.relative is None:
        return result.interval
    return None if result.relative is None else result.relative.interval


def _against(interval: Interval, expected: EffectSize, metric: Metric) -> str:
    size = expected.relative if expected.relative is not None else expected.absolute or 0.0
    better = (interval.lower, interval.upper) if metric.better == "higher" else (-interval.upper, -interval.lower)
    if better[1] < size:
        return "less than expected"
    return "more than expected" if better[0] > size else "what was expected is not excluded"


def _name(result: Result) -> str:
    return result.metric.split("@")[0]
