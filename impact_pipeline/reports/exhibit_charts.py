"""The pictures of causal designs, one for each kind of exhibit. Loads altair: import it where charts are made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt

from impact_pipeline.causal.exhibits import (
    Balance,
    Curve,
    Discontinuity,
    Exhibit,
    Histogram,
    Paths,
    Placebos,
    SpecificationCurve,
    Weights,
)
from impact_pipeline.reports.figure import GRID, INK, MUTED, Figure
from impact_pipeline.reports.formatting import visible
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.specification_chart import specification_chart

BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
WIDTH, HEIGHT, ROW = 620, 240, 19
MOST_LABELS = 12
MOST_ROWS = 40

Drawn = tuple[Any, int]
"""A chart of altair, and how many points it shows."""


def causal_figures(look: Look) -> tuple[Figure, ...]:
    """Every exhibit of a study that has something to draw, metric by metric."""
    detail = look.card.estimates.causal
    shown = () if detail is None else detail.exhibits
    drawn = (exhibit_figure(f"exhibit-{place}", own.exhibit) for place, own in enumerate(shown))
    return tuple(figure for figure in drawn if figure is not None)


def exhibit_figure(name: str, exhibit: Exhibit) -> Figure | None:
    """The picture under a name that is unique on its page; None where the exhibit has nothing to draw."""
    drawn = _DRAWN[exhibit.type](exhibit)
    if drawn is None:
        return None
    chart, points = drawn
    return Figure(
        name, chart.properties(title=visible(exhibit.title)).to_dict(validate=False), visible(exhibit.title), points
    )


def _rows(values: Sequence[Mapping[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=[dict(value) for value in values]))


def _number(field: str, title: str | None = None, *, zero: bool = False) -> alt.Y:
    return alt.Y(f"{field}:Q", title=title, scale=alt.Scale(zero=zero, nice=True), axis=alt.Axis(tickCount=6))


def _rule_at(x: float | None) -> list[alt.Chart]:
    """A dashed line where the change begins."""
    if x is None:
        return []
    return [_rows([{"x": x}]).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x=alt.X("x:Q"))]


def _curve(exhibit: Curve) -> Drawn | None:
    points = [
        {"x": p.position, "label": p.label, "value": p.value, "lower": p.lower, "upper": p.upper}
        for p in exhibit.points
    ]
    if not points:
        return None
    x = alt.X("x:Q", title=exhibit.axis, axis=_axis(exhibit), scale=alt.Scale(zero=False, nice=False, padding=12))
    base, banded = _rows(points), _rows([p for p in points if p["lower"] is not None])
    zero = _rows([{"value": 0}]).mark_rule(color=MUTED).encode(y=_number("value"))
    layers = [zero, *_rule_at(exhibit.starts)]
    if len(points) > 2 * MOST_ROWS:
        layers.append(banded.mark_area(opacity=0.18, color=BLUE).encode(x=x, y=_number("lower"), y2="upper:Q"))
        layers.append(base.mark_line(color=BLUE, strokeWidth=1.5).encode(x=x, y=_number("value")))
    else:
        layers.append(banded.mark_rule(color=BLUE, strokeWidth=1.5).encode(x=x, y=_number("lower"), y2="upper:Q"))
        layers.append(
            base.mark_point(color=BLUE, filled=True, size=42, opacity=1).encode(x=x, y=_number("value", "effect"))
        )
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), len(points)


def _axis(exhibit: Curve) -> alt.Axis:
    """Numbers, whole where all positions are; names at their places where positions only count them."""
    points, whole = exhibit.points, all(float(p.position).is_integer() for p in exhibit.points)
    if whole and not all(_says(p.label, p.position) for p in points):
        step = max(1, -(-len(points) // MOST_LABELS))
        names = json.dumps({f"{p.position:g}": visible(p.label) for p in points})
        shown = [p.position for p in points][::step]
        return alt.Axis(values=shown, labelExpr=f"{names}[datum.value]", grid=False, labelLimit=90, labelOverlap=True)
    least = 1 if whole else alt.Undefined
    return alt.Axis(tickCount=10, grid=False, format="~g", tickMinStep=least)


def _says(label: str, position: float) -> bool:
    """Whether a label is nothing but its position."""
    try:
        return float(label) == position
    except ValueError:
        return False


def _paths(exhibit: Paths) -> Drawn | None:
    places = range(len(exhibit.periods))
    lines = [
        {"x": i, "value": values[i], "which": which}
        for which, values in (("as it was", exhibit.actual), ("without the change", exhibit.counterfactual))
        for i in places
    ]
    x = _period_axis(exhibit.periods)
    colour = alt.Color(
        "which:N", title=None, scale=alt.Scale(domain=["as it was", "without the change"], range=[INK, BLUE])
    )
    dash = alt.StrokeDash(
        "which:N", legend=None, scale=alt.Scale(domain=["as it was", "without the change"], range=[[1, 0], [5, 3]])
    )
    layers: list[alt.Chart] = []
    if exhibit.lower:
        band = [{"x": i, "lower": exhibit.lower[i], "upper": exhibit.upper[i]} for i in range(len(exhibit.lower))]
        layers.append(_rows(band).mark_area(opacity=0.15, color=BLUE).encode(x=x, y=_number("lower"), y2="upper:Q"))
    layers.append(
        _rows(lines)
        .mark_line(strokeWidth=1.7)
        .encode(x=x, y=_number("value", "outcome"), color=colour, strokeDash=dash)
    )
    layers += _rule_at(exhibit.starts - 0.5)
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), len(lines)


def _placebos(exhibit: Placebos) -> Drawn | None:
    rows = [
        {"x": i, "value": value, "unit": gap.unit, "which": "treated" if gap.is_treated else "placebo"}
        for gap in exhibit.gaps
        for i, value in enumerate(gap.values)
    ]
    if not rows:
        return None
    x, y = _period_axis(exhibit.periods), _number("value", "gap")
    others = _rows([row for row in rows if row["which"] == "placebo"])
    own = _rows([row for row in rows if row["which"] == "treated"])
    layers = [
        _rows([{"value": 0}]).mark_rule(color=MUTED).encode(y=_number("value")),
        others.mark_line(color=MUTED, opacity=0.35, strokeWidth=0.8).encode(x=x, y=y, detail="unit:N"),
        own.mark_line(color=ORANGE, strokeWidth=2.2).encode(x=x, y=y, detail="unit:N"),
        *_rule_at(exhibit.starts - 0.5),
    ]
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), len(rows)


def _period_axis(periods: Sequence[str]) -> alt.X:
    """Places of periods, labelled by some of their names."""
    step = max(1, -(-len(periods) // MOST_LABELS))
    shown = list(range(0, len(periods), step))
    names = json.dumps([visible(period) for period in periods])
    axis = alt.Axis(values=shown, labelExpr=f"{names}[datum.value]", grid=False, labelOverlap=True)
    return alt.X(
        "x:Q", title=None, axis=axis, scale=alt.Scale(zero=False, nice=False, domain=[0, max(len(periods) - 1, 1)])
    )


def _balance(exhibit: Balance) -> Drawn | None:
    shown = sorted(exhibit.rows, key=lambda row: -abs(row.before))[:MOST_ROWS]
    if not shown:
        return None
    rows = [{"covariate": visible(r.covariate), "value": abs(r.before), "which": "before"} for r in shown]
    rows += [
        {"covariate": visible(r.covariate), "value": abs(r.after), "which": "after"}
        for r in shown
        if r.after is not None
    ]
    order = [visible(row.covariate) for row in shown]
    y = alt.Y("covariate:N", sort=order, title=None, axis=alt.Axis(labelLimit=220, grid=True, gridColor=GRID))
    x = alt.X(
        "value:Q", title="standardised mean difference, in size", scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6)
    )
    which = ["before", "after"]
    colour = alt.Color("which:N", title=None, scale=alt.Scale(domain=which, range=[MUTED, BLUE]))
    shape = alt.Shape("which:N", title=None, scale=alt.Scale(domain=which, range=["circle", "diamond"]))
    layers = [
        _rows([{"x": exhibit.threshold}]).mark_rule(color=ORANGE, strokeDash=[4, 3]).encode(x="x:Q"),
        _rows(rows).mark_point(filled=True, size=60, opacity=1).encode(x=x, y=y, color=colour, shape=shape),
    ]
    return alt.layer(*layers).properties(width=WIDTH - 180, height=ROW * len(shown) + 10), len(rows)


def _discontinuity(exhibit: Discontinuity) -> Drawn | None:
    if not exhibit.bins:
        return None
    x = alt.X(
        "x:Q",
        title=exhibit.axis,
        scale=alt.Scale(zero=False, nice=False, padding=8),
        axis=alt.Axis(tickCount=8, grid=False),
    )
    y = _number("y", "outcome")
    layers = [
        _rows([{"x": a, "y": b} for a, b in exhibit.bins])
        .mark_point(filled=True, size=26, color=MUTED, opacity=0.8)
        .encode(x=x, y=y)
    ]
    for side, colour in ((exhibit.left, BLUE), (exhibit.right, ORANGE)):
        if side:
            layers.append(
                _rows([{"x": a, "y": b} for a, b in side]).mark_line(color=colour, strokeWidth=2.2).encode(x=x, y=y)
            )
    layers += _rule_at(exhibit.cutoff)
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT + 20), len(exhibit.bins)


def _histogram(exhibit: Histogram) -> Drawn | None:
    rows = [
        {"left": exhibit.edges[i], "right": exhibit.edges[i + 1], "value": value, "group": visible(group)}
        for group, values in exhibit.groups
        for i, value in enumerate(values)
    ]
    if not rows:
        return None
    names = [visible(group) for group, _ in exhibit.groups]
    x = alt.X(
        "left:Q", title=exhibit.axis, scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(tickCount=8, grid=False)
    )
    legend = alt.Legend(title=None) if len(names) > 1 else None
    colour = alt.Color(
        "group:N", legend=legend, scale=alt.Scale(domain=names, range=[BLUE, ORANGE, GREEN][: len(names)])
    )
    bars = _rows(rows).mark_bar(opacity=0.5, stroke="white", strokeWidth=0.4)
    drawn = bars.encode(
        x=x,
        x2="right:Q",
        y2=alt.Y2Datum(0),
        y=alt.Y("value:Q", title=None, stack=None, axis=alt.Axis(tickCount=5)),
        color=colour,
    )
    return alt.layer(drawn, *_rule_at(exhibit.mark)).properties(width=WIDTH, height=HEIGHT - 40), len(rows)


def _specifications(exhibit: SpecificationCurve) -> Drawn | None:
    return specification_chart(exhibit, WIDTH)


def _weights(exhibit: Weights) -> Drawn | None:
    known = [(name, weight) for name, weight in exhibit.rows if abs(weight) >= exhibit.least]
    shown = sorted(known, key=lambda row: -abs(row[1]))[:MOST_ROWS]
    if not shown:
        return None
    rows = [{"unit": visible(name), "weight": weight} for name, weight in shown]
    y = alt.Y("unit:N", sort=[visible(name) for name, _ in shown], title=None, axis=alt.Axis(labelLimit=180))
    bars = (
        _rows(rows)
        .mark_bar(color=BLUE, height=11)
        .encode(x=alt.X("weight:Q", title="weight", axis=alt.Axis(tickCount=6)), y=y)
    )
    return bars.properties(width=WIDTH - 200, height=ROW * len(rows) + 6), len(rows)


_DRAWN: Mapping[str, Callable[[Any], Drawn | None]] = {
    "curve": _curve, "paths": _paths, "placebos": _placebos, "balance": _balance, "discontinuity": _discontinuity,
    "histogram": _histogram, "specification_curve": _specifications, "weights": _weights,
}  # fmt: skip
