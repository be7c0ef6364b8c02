"""Shares with their Monte-Carlo intervals beside what is promised. Loads altair: import it where charts are made."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from impact_pipeline.reports.figure import MUTED, Figure
from impact_pipeline.reports.formatting import visible

BLUE, GREEN = "#0072B2", "#009E73"
WIDTH, ROW = 420, 20
ERRORS = 1.96


def share_figure(
    name: str, title: str, rows: Sequence[tuple[str, float, int]], promised: tuple[float, float]
) -> Figure | None:
    """One line for each (label, share, draws), with Wilson's interval; the promised range is shaded."""
    if not rows:
        return None
    bounds = [_wilson(share, draws) for _, share, draws in rows]
    names = [visible(label) for label, *_ in rows]
    points = [
        {"label": name, "share": share, **bound} for name, (_, share, _), bound in zip(names, rows, bounds, strict=True)
    ]
    least = min([promised[0] - 0.04, *(bound["lower"] for bound in bounds)])
    axis, scale = alt.Axis(format="%", tickCount=6), alt.Scale(domain=[least, 1], clamp=True)
    x = alt.X("share:Q", title=None, axis=axis, scale=scale)
    y = alt.Y("label:N", title=None, sort=names, axis=alt.Axis(labelLimit=330))
    base = alt.Chart(alt.InlineData(values=points))
    band = alt.Chart(alt.InlineData(values=[{"from": promised[0], "to": promised[1]}]))
    chart = alt.layer(
        band.mark_rect(color=GREEN, opacity=0.12).encode(x=alt.X("from:Q", title=None), x2="to:Q"),
        base.mark_rule(color=MUTED).encode(x=alt.X("lower:Q", title=None), x2="upper:Q", y=y),
        base.mark_point(color=BLUE, filled=True, size=45, opacity=1).encode(x=x, y=y),
    ).properties(width=WIDTH, height=ROW * len(rows) + 8, title=title)
    told = "; ".join(f"{label} {share:.0%}" for label, share, _ in rows[:12])
    return Figure(name, chart.to_dict(validate=False), visible(f"{title}: {told}"), len(rows))


def _wilson(share: float, draws: int) -> dict[str, float]:
    """Wilson (1927), JASA 22: an interval that stays within 0 .. 1."""
    z2 = ERRORS**2 / draws
    middle, half = (share + z2 / 2) / (1 + z2), ERRORS * ((share * (1 - share) + z2 / 4) / draws) ** 0.5 / (1 + z2)
    return {"lower": max(0.0, middle - half), "upper": min(1.0, middle + half)}
