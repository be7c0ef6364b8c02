"""The effect of a study as each of its looks read it. Loads altair: import it where charts are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from impact_pipeline.estimators.base import TrajectoryPoint
from impact_pipeline.reports.figure import MUTED, Figure
from impact_pipeline.reports.formatting import Unit, unit_of, visible
from impact_pipeline.reports.interval_chart import COLOURS
from impact_pipeline.reports.look import Look

WIDTH, HEIGHT = 640, 150
CUT = 6.0
"""The axis ends this many half widths of the last interval away from the last value."""


def trajectory(look: Look) -> Figure | None:
    """One panel for each success metric and contrast that has two looks or more."""
    series: dict[tuple[str, str, str], list[TrajectoryPoint]] = {}
    for point in sorted(look.card.estimates.trajectory, key=lambda point: point.as_of):
        key = (point.metric, point.contrast.control, point.contrast.treatment)
        series.setdefault(key, []).append(point)
    drawn = [points for key, points in series.items() if len(points) > 1 and look.role(key[0]) == "success"]
    if not drawn:
        return None
    spec = alt.vconcat(*(_panel(look, points) for points in drawn), spacing=24).to_dict(validate=False)
    names = ", ".join(look.label(points[0].metric, points[0].contrast) for points in drawn)
    return Figure("trajectory", spec, visible(f"Effect with its interval at each look: {names}"), sum(map(len, drawn)))


def _panel(look: Look, points: Sequence[TrajectoryPoint]) -> alt.LayerChart | alt.FacetChart:
    unit = unit_of(look.metric(points[0].metric))
    chart = alt.Chart(alt.InlineData(values=[_record(point, unit) for point in points]))
    days = alt.Axis(format="%-d %b", grid=False, tickCount=8)
    day = alt.X("day:T", title=None, scale=alt.Scale(type="utc", padding=10), axis=days)
    scale, axis = _scale(points, unit), alt.Axis(tickCount=5, title=visible(unit.difference))
    effect, lower = (alt.Y(f"{field}:Q", scale=scale, axis=axis) for field in ("value", "lower"))
    layers = (
        chart.mark_area(opacity=0.18, color=COLOURS[0], clip=True).encode(x=day, y=lower, y2=alt.Y2("upper:Q")),
        alt.Chart(alt.InlineData(values=[{"value": 0}])).mark_rule(color=MUTED).encode(y=effect),
        chart.mark_line(color=COLOURS[0], strokeWidth=1.5, clip=True).encode(x=day, y=effect),
        chart.mark_point(color=COLOURS[0], filled=True, size=28, opacity=1, clip=True).encode(x=day, y=effect),
    )
    title = visible(look.label(points[0].metric, points[0].contrast))
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title)


def _record(point: TrajectoryPoint, unit: Unit) -> dict[str, Any]:
    values = {"value": point.value, "lower": point.interval.lower, "upper": point.interval.upper}
    return {"day": point.as_of.isoformat(), **{name: value * unit.factor for name, value in values.items()}}


def _scale(points: Sequence[TrajectoryPoint], unit: Unit) -> alt.Scale:
    last = points[-1]
    reach = CUT * (last.interval.upper - last.interval.lower) / 2 or float("inf")
    low = min(0.0, *(max(point.interval.lower, last.value - reach) for point in points))
    high = max(0.0, *(min(point.interval.upper, last.value + reach) for point in points))
    return alt.Scale(domain=[low * unit.factor, (high if high > low else low + 1) * unit.factor], nice=False)
