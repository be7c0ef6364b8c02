"""A scorecard as a short Markdown text for places that render it. Values of data never become markup or links."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from impact_pipeline.reports.formatting import visible
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.narrative import headline, interim
from impact_pipeline.reports.rows import EstimateRow, estimate_rows

MOST_SEGMENTS = 20
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+!|~$=^:.@-])")
_LINK_STARTS = re.compile(r"(https?|ftp|mailto|xmpp|www)(?=[:.])|(?<=@)(?=\w)", re.IGNORECASE)
WORD_JOINER = "\u2060"


def summary(look: Look) -> str:
    """Headline, reasons, next step and a table of estimates."""
    verdict = look.card.verdict
    reasons = [f"- {escaped(reason)}" for reason in verdict.reasons]
    lines = [
        f"**{escaped(headline(look))}**",
        "",
        escaped(interim(look)),
        "",
        *reasons,
        "",
        f"Next: {escaped(verdict.next_step)}",
        "",
        *_outside_the_plan(verdict.deviations),
    ]
    return "\n".join([*lines, *_table(estimate_rows(look, look.results)), *_segments(look)]) + "\n"


def _outside_the_plan(deviations: Sequence[str]) -> list[str]:
    told = [f"- {escaped(deviation)}" for deviation in deviations]
    return ["Outside the plan, and no part of the verdict:", "", *told, ""] if told else []


def png_markdown(png: bytes, alternative: str = "chart") -> str:
    """A picture inside Markdown, without a file."""
    return f"![{escaped(alternative)}](data:image/png;base64,{base64.b64encode(png).decode()})"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no link made from a bare address."""
    unlinked = _LINK_STARTS.sub(rf"\g<0>{WORD_JOINER}", visible(text))
    entities = unlinked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _PUNCTUATION.sub(r"\\\1", entities)


def _table(rows: tuple[EstimateRow, ...]) -> list[str]:
    head = ["| metric | role | effect | interval | p | grade |", "|---|---|---|---|---|---|"]
    return [*head, *(f"| {' | '.join(map(escaped, _cells(row)))} |" for row in rows)]


def _segments(look: Look) -> list[str]:
    rows = [row for row in estimate_rows(look, look.segment_results) if row.role == "success"][:MOST_SEGMENTS]
    lines = [[*row.segment, row.label, *_effect(row)] for row in rows]
    head = ["", "| segment | value | metric | effect | interval |", "|---|---|---|---|---|"]
    return [*head, *(f"| {' | '.join(map(escaped, line))} |" for line in lines)] if lines else []


def _cells(row: EstimateRow) -> list[str]:
    return [row.label, row.role, *_effect(row), row.p_value, row.grade]


def _effect(row: EstimateRow) -> tuple[str, str]:
    return (row.effect.value, row.effect.interval) if row.effect else (row.missing, row.refused)
