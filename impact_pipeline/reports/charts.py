"""The forest plots of a study and of all studies. Loads altair: import it where charts are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from impact_pipeline.estimators.base import Estimate, Result
from impact_pipeline.kpis.base import Impact
from impact_pipeline.reports.figure import Figure
from impact_pipeline.reports.formatting import NO_UNIT, PERCENT, shown
from impact_pipeline.reports.interval_chart import IntervalRow, interval_figure
from impact_pipeline.reports.look import Look, Role, Tone

GROUPS: Mapping[Role, str] = {
    "success": "Success",
    "guardrail": "Guardrails",
    "quality": "Quality",
    "exploratory": "Exploratory",
}
"""Every role of a metric has its group."""
PERCENT_AXIS = "~%"
MONEY_AXIS = "~s"


def forest(look: Look) -> Figure | None:
    """Relative effects of all metrics by role; none when no relative effect could be computed."""
    rows = (_relative(look, r, GROUPS[look.role(r.metric)], look.label(r.metric, r.contrast)) for r in look.results)
    return interval_figure("forest", "Relative effects", _present(rows), "change relative to control", PERCENT_AXIS)


def segments(look: Look) -> Figure | None:
    """Relative effects on the success metrics within segments."""
    chosen = (r for r in look.segment_results if look.role(r.metric) == "success")
    rows = (
        _relative(look, r, f"{look.label(r.metric, r.contrast)} by {r.segment[0]}", r.segment[1] or "unknown")
        for r in chosen
    )
    return interval_figure(
        "segments", "Relative effects by segment", _present(rows), "change relative to control", PERCENT_AXIS
    )


def portfolio(looks: Iterable[Look]) -> Figure | None:
    """The key effect of each study that is not invalid."""
    rows = (_relative(look, look.key, "", look.study.plan.title) for look in looks if look.key and look.usable)
    return interval_figure(
        "portfolio", "Key effect of each study", _present(rows), "change relative to control", PERCENT_AXIS
    )


def money_overview(looks: Iterable[Look]) -> Figure | None:
    """The money of each study that is not invalid, amounts of one currency together."""
    found = [
        (impact, look) for look in looks if look.usable for impact in look.card.impacts if isinstance(impact, Impact)
    ]
    rows = [_amount(look, impact) for impact, look in sorted(found, key=lambda pair: pair[0].currency)]
    return interval_figure("money", "Money of each study", rows, "amount over the horizon of each plan", MONEY_AXIS)


def _relative(look: Look, result: Result, group: str, label: str) -> IntervalRow | None:
    if not isinstance(result, Estimate) or result.relative is None:
        return None
    value, interval = result.relative.value, result.relative.interval
    text, tone = shown(value, interval, PERCENT, signed=True), look.tone(result.metric, interval)
    return IntervalRow(group, label, value, interval.lower, interval.upper, text, tone, look.relative_margin(result))


def _amount(look: Look, impact: Impact) -> IntervalRow:
    interval, text = impact.interval, shown(impact.amount, impact.interval, NO_UNIT)
    gain: Tone = "better" if interval.lower > 0 else "worse" if interval.upper < 0 else "unclear"
    title = look.study.plan.title
    return IntervalRow(impact.currency, title, impact.amount, interval.lower, interval.upper, text, gain)


def _present(rows: Iterable[IntervalRow | None]) -> list[IntervalRow]:
    return [row for row in rows if row is not None]
