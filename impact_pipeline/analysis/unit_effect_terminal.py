"""Readings of units' effects as a table, and what to make of them."""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.analysis.answer import Answer
from impact_pipeline.analysis.unit_effect_readings import UnitEffectsReading

TableOf = tuple[str, list[str], list[list[str]]]
COLUMNS_TOLD = 3
LEAST_SHARE = 0.01
SMALLEST_TOLD = 0.001


def unit_effect_tables(answer: Answer) -> Iterator[TableOf]:
    """Least and greatest fifth of units by predicted effect, read on held-out folds."""
    known = [reading for reading in answer.unit_effects if reading.groups]
    if known:
        heads = ["metric", "arm", "effects go by", "least fifth", "greatest fifth", "slope", "p", "p of all"]
        yield "Do effects differ between units? (exploratory)", heads, [_reading(reading) for reading in known]


def unit_effect_lines(answer: Answer) -> Iterator[str]:
    """Which differences are not told from chance, and why there are no effects of units."""
    for own in answer.unit_effects:
        where = f"effects of units, {own.metric}, {own.contrast.treatment}"
        if own.detail is not None:
            yield f"{where}: {own.detail}"
        elif own.adjusted_p_value is not None and own.adjusted_p_value > answer.alpha:
            yield f"{where}: no difference between units is told from chance; do not target by these effects"


def _reading(own: UnitEffectsReading) -> list[str]:
    leading = ", ".join(
        f"{one.covariate} {one.share:.0%}" for one in own.importances[:COLUMNS_TOLD] if one.share >= LEAST_SHARE
    )
    fifths = [f"{own.groups[place].value:+.3g}" for place in (0, -1)]
    told = [*fifths, f"{own.slope:.2f}", _p(own.p_value), _p(own.adjusted_p_value)]
    return [own.metric, own.contrast.treatment, leading or "nothing", *told]


def _p(value: float | None) -> str:
    return "-" if value is None else "< 0.001" if value < SMALLEST_TOLD else f"{value:.2g}"
