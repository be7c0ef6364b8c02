"""A specification curve: the effect under every alternative, in order of size, above what was chosen for each."""

from __future__ import annotations

from typing import Any

import altair as alt

from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.reports.figure import MUTED
from impact_pipeline.reports.formatting import visible

BLUE, ORANGE = "#0072B2", "#D55E00"
HEIGHT, ROW = 190, 15


def specification_chart(exhibit: SpecificationCurve, width: int) -> tuple[Any, int] | None:
    """The chart and how many alternatives it shows; those that were refused stand in no place."""
    known = [own for own in exhibit.alternatives if own.value is not None]
    if not known:
        return None
    ordered = sorted(known, key=lambda own: own.value or 0.0)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.7, len(ordered) - 0.3], nice=False))
    upper = _effects(ordered, x).properties(width=width - 150, height=HEIGHT)
    lower = _choices(ordered, x).properties(width=width - 150, height=ROW * len(_labels(ordered)) + 4)
    return alt.vconcat(upper, lower, spacing=6), len(ordered)


def _effects(ordered: list[Alternative], x: alt.X) -> Any:
    rows = [
        {"x": i, "value": own.value, "lower": own.lower, "upper": own.upper, "main": own.is_main}
        for i, own in enumerate(ordered)
    ]
    y = alt.Y("value:Q", title="effect", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=6))
    colour = alt.condition("datum.main", alt.value(ORANGE), alt.value(BLUE))
    chart = alt.Chart(alt.InlineData(values=rows))
    bounded = alt.Chart(alt.InlineData(values=[row for row in rows if row["lower"] is not None]))
    return alt.layer(
        alt.Chart(alt.InlineData(values=[{"value": 0}])).mark_rule(color=MUTED).encode(y=y),
        bounded.mark_rule(strokeWidth=1.3).encode(x=x, y=alt.Y("lower:Q", title="effect"), y2="upper:Q", color=colour),
        chart.mark_point(filled=True, size=34, opacity=1).encode(x=x, y=y, color=colour),
    )


def _choices(ordered: list[Alternative], x: alt.X) -> Any:
    rows: list[dict[str, Any]] = [
        {"x": i, "choice": _label(name, value), "main": own.is_main}
        for i, own in enumerate(ordered)
        for name, value in own.choices
    ]
    axis = alt.Axis(title=None, labelLimit=150, labelFontSize=9, ticks=False)
    y = alt.Y("choice:N", sort=_labels(ordered), axis=axis)
    colour = alt.condition("datum.main", alt.value(ORANGE), alt.value(BLUE))
    return alt.Chart(alt.InlineData(values=rows)).mark_square(size=26, opacity=1).encode(x=x, y=y, color=colour)


def _labels(ordered: list[Alternative]) -> list[str]:
    """Choices in order of what they choose among, then as they appear."""
    names = dict.fromkeys(name for own in ordered for name, _ in own.choices)
    found = [dict.fromkeys(value for own in ordered for n, value in own.choices if n == name) for name in names]
    return [_label(name, value) for name, values in zip(names, found, strict=True) for value in values]


def _label(name: str, value: str) -> str:
    return visible(f"{name}: {value}".replace("_", " "))
