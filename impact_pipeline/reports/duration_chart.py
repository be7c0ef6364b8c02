"""The least effect that a study shows by how long it runs. Loads altair: import it where charts are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from impact_pipeline.reports.figure import Figure
from impact_pipeline.reports.formatting import visible

WIDTH, HEIGHT = 640, 260
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6b7580", "#E69F00", "#56B4E9", "#000000")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])


@dataclass(frozen=True, slots=True)
class DurationSeries:
    """One metric: (weeks of enrolment, least effect as a share of its mean)."""

    label: str
    points: tuple[tuple[int, float], ...]


def duration_figure(title: str, series: Sequence[DurationSeries]) -> Figure | None:
    """One line a metric; none at all gives no figure."""
    drawn = [one for one in series if one.points]
    if not drawn:
        return None
    rows = [{"metric": visible(one.label), "weeks": w, "least": least} for one in drawn for w, least in one.points]
    names = [visible(one.label) for one in drawn]
    weeks = alt.X("weeks:Q", axis=alt.Axis(title="weeks of enrolment", tickMinStep=1, format="d"))
    least = alt.Y(
        "least:Q", axis=alt.Axis(title="least effect, relative to control", format="~%"), scale=alt.Scale(zero=True)
    )
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(names))]
    dashes = [DASHES[place % len(DASHES)] for place in range(len(names))]
    colour = alt.Color("metric:N", scale=alt.Scale(domain=names, range=colours))
    dash = alt.StrokeDash("metric:N", scale=alt.Scale(domain=names, range=dashes), legend=None)
    chart = alt.Chart(alt.InlineData(values=rows)).encode(x=weeks, y=least, color=colour)
    layers = alt.layer(
        chart.mark_line(strokeWidth=2).encode(strokeDash=dash), chart.mark_point(filled=True, size=36, opacity=1)
    )
    spec = layers.properties(width=WIDTH, height=HEIGHT, title=visible(title)).to_dict(validate=False)
    told = "; ".join(
        f"{visible(one.label)} {100 * one.points[-1][1]:.2g} % after {one.points[-1][0]} weeks" for one in drawn
    )
    return Figure("duration", spec, f"{visible(title)}: {told}", len(rows))
