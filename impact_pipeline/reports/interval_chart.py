"""Rows of values with their intervals beside their numbers in text: the one form of every forest plot.

Loads altair: import it where charts are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any

import altair as alt

from impact_pipeline.reports.figure import GRID, INK, MUTED, Figure
from impact_pipeline.reports.formatting import Shown, visible
from impact_pipeline.reports.look import TONES, Tone
from impact_pipeline.reports.narrative import TONE_WORDS

LABEL_WIDTH, PLOT_WIDTH, ROW_HEIGHT, CHARACTER_WIDTH = 205, 300, 25, 6.5
MOST_ROWS = 60
WIDEST = 4.0
"""An interval is cut beyond this many times the median reach: one wild row must not flatten the rest."""

COLOURS = ("#0072B2", "#6b7580", "#D55E00")
SHAPES = ("circle", "square", "diamond")


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One line of a forest plot; lines of one `group` stand together under its name."""

    group: str
    label: str
    value: float
    lower: float
    upper: float
    shown: Shown
    tone: Tone
    margin: float | None = None


def interval_figure(
    name: str, title: str, rows: Sequence[IntervalRow], axis_title: str, number_format: str
) -> Figure | None:
    """At most `MOST_ROWS` rows are drawn; none at all gives no figure."""
    drawn = rows[:MOST_ROWS]
    if not drawn:
        return None
    lines, headers = _lines(drawn)
    height = len(lines) + len(headers)
    axis = alt.Axis(format=number_format, tickCount=6, title=axis_title)
    down = alt.Y("row:O", axis=None, scale=alt.Scale(domain=list(range(height))))
    chart = alt.layer(*_texts(lines, headers, down), *_marks(lines, _scale(drawn), axis, down))
    spec = chart.properties(width=PLOT_WIDTH, height=height * ROW_HEIGHT).to_dict(validate=False)
    told = "; ".join(f"{row.label} {row.shown.value}" for row in drawn[:12])
    return Figure(name, spec, visible(f"{title}: {told}"), len(drawn))


def _lines(rows: Sequence[IntervalRow]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Records of rows and of group names, each at its place from the top; a group without a name takes no place."""
    lines: list[dict[str, Any]] = []
    headers: list[dict[str, Any]] = []
    for group, members in groupby(rows, key=lambda row: row.group):
        if group:
            headers.append({"row": len(lines) + len(headers), "label": visible(group)})
        for row in members:
            lines.append({"row": len(lines) + len(headers), **_record(row)})
    return lines, headers


def _record(row: IntervalRow) -> dict[str, Any]:
    return {
        "label": visible(row.label), "value": row.value, "lower": row.lower, "upper": row.upper, "margin": row.margin,
        "text": row.shown.value, "interval": row.shown.interval, "tone": TONE_WORDS[row.tone],
    }  # fmt: skip


def _scale(rows: Sequence[IntervalRow]) -> alt.Scale:
    """From 0 to every value and margin, and to every interval that is not far wider than the others."""
    reach = [max(abs(row.lower), abs(row.upper)) for row in rows]
    limit = min(max(reach), WIDEST * median(reach))
    whole = [0.0, *(row.value for row in rows), *(row.margin for row in rows if row.margin is not None)]
    low = min(*whole, *(max(row.lower, -limit) for row in rows))
    high = max(*whole, *(min(row.upper, limit) for row in rows))
    spare = 0.04 * (high - low) or 1.0
    return alt.Scale(domain=[low - spare, high + spare], nice=False, zero=False)


def _marks(lines: list[dict[str, Any]], scale: alt.Scale, axis: alt.Axis, down: alt.Y) -> tuple[alt.Chart, ...]:
    words = [TONE_WORDS[tone] for tone in TONES]
    colour = alt.Color("tone:N", scale=alt.Scale(domain=words, range=list(COLOURS)))
    shape = alt.Shape("tone:N", scale=alt.Scale(domain=words, range=list(SHAPES)))
    rows, zero = alt.Chart(alt.InlineData(values=lines)), alt.Chart(alt.InlineData(values=[{"zero": 0}]))
    bounded = alt.Chart(alt.InlineData(values=[line for line in lines if line["margin"] is not None]))
    value, lower, margin, none = (
        alt.X(f"{field}:Q", scale=scale, axis=axis) for field in ("value", "lower", "margin", "zero")
    )
    return (
        zero.mark_rule(color=MUTED, strokeWidth=1).encode(x=none),
        rows.mark_rule(strokeWidth=2.5, clip=True).encode(x=lower, x2=alt.X2("upper:Q"), y=down, color=colour),
        rows.mark_point(filled=True, size=75, opacity=1).encode(x=value, y=down, color=colour, shape=shape),
        bounded.mark_tick(color=INK, thickness=2, size=15, orient="vertical").encode(x=margin, y=down),
    )


def _texts(lines: list[dict[str, Any]], headers: list[dict[str, Any]], down: alt.Y) -> tuple[alt.Chart, ...]:
    rows, groups = alt.Chart(alt.InlineData(values=lines)), alt.Chart(alt.InlineData(values=headers))
    beyond = PLOT_WIDTH + 30 + CHARACTER_WIDTH * max(len(line["text"]) for line in lines)
    label, text, interval = (alt.Text(f"{field}:N") for field in ("label", "text", "interval"))
    plain: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": 12}
    named: dict[str, Any] = {**plain, "x": -LABEL_WIDTH}
    return (
        rows.mark_rule(color=GRID, x=-LABEL_WIDTH, x2=PLOT_WIDTH, yOffset=ROW_HEIGHT / 2).encode(y=down),
        rows.mark_text(**named, color=INK, limit=LABEL_WIDTH - 12).encode(y=down, text=label),
        rows.mark_text(**plain, color=INK, x=PLOT_WIDTH + 14).encode(y=down, text=text),
        rows.mark_text(**plain, color=MUTED, x=beyond).encode(y=down, text=interval),
        groups.mark_text(**named, color=MUTED, fontWeight="bold", dy=3).encode(y=down, text=label),
    )
