"""Predictors of units: means of covariates and of outcomes over windows of periods before the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.simplex import Floats

Label = object
Span = tuple[Label, Label]
"""First and last period, both included, as labels."""


def period_place(periods: Sequence[str], label: Label) -> int | None:
    """The place of a period by its label; numbers are compared as numbers.

    >>> period_place(("1988.0", "1989.0"), 1989), period_place(("2020Q1",), "2020Q2")
    (1, None)
    """
    wanted = str(label)
    if wanted in periods:
        return periods.index(wanted)
    try:
        number = float(wanted)
        return [float(period) for period in periods].index(number)
    except ValueError:
        return None


def span_places(block: Block, span: Span, what: str) -> slice | Refusal:
    """Places of a span's periods, all of which lie before the change.

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> span_places(block_of_arrays(np.zeros((2, 4)), 1, 3), (0, 1), "x"), span_places(
    ...     block_of_arrays(np.zeros((2, 4)), 1, 3), (1, 3), "x").detail
    (slice(0, 2, None), "'x': the change begins in period 3; its periods, 1 to 3, have to lie before it")
    """
    first, last = (period_place(block.periods, label) for label in span)
    for label, place in zip(span, (first, last), strict=True):
        if place is None:
            told = f"'{what}': the sample has no period {label}"
            return Refusal("missing_cells", f"{told}; its periods run from {block.periods[0]} to {block.periods[-1]}")
    assert first is not None
    assert last is not None
    if last >= block.starts:
        told = f"'{what}': the change begins in period {block.periods[block.starts]}"
        return Refusal("no_pre_period", f"{told}; its periods, {span[0]} to {span[1]}, have to lie before it")
    if last < first:
        return Refusal("no_pre_period", f"'{what}': period {span[1]} comes before {span[0]}; turn them around")
    return slice(first, last + 1)


def judged_within(block: Block, span: Span) -> Block | Refusal:
    """The block whose fit of outcomes is judged over some periods only.

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> judged_within(block_of_arrays(np.zeros((2, 4)), 1, 3), (1, 2)).judged.tolist()
    [False, True, True]
    """
    places = span_places(block, span, "fit_window")
    if isinstance(places, Refusal):
        return places
    judged = np.zeros(block.starts, dtype=np.bool_)
    judged[places] = True
    return replace(block, judged=judged)


def with_period_means(
    block: Block, panel: Panel, covariates: Mapping[str, Span], lagged_outcomes: Sequence[Label]
) -> Block | Refusal:
    """The block with a predictor for each covariate's mean over a span, and for each outcome of one period.

    Refused: a covariate that the sample does not have, a span that is not before the change, cells without a value.
    """
    columns: list[Floats] = []
    for name, span in covariates.items():
        if name not in panel.covariates:
            known = ", ".join(panel.covariates) or "none"
            return Refusal("missing_cells", f"predictor '{name}' is no covariate of the sample; it has {known}")
        found = _mean(block, _rows(block, panel, name), span, name)
        if isinstance(found, Refusal):
            return found
        columns.append(found)
    for label in lagged_outcomes:
        found = _mean(block, block.outcomes, (label, label), f"outcome {label}")
        if isinstance(found, Refusal):
            return found
        columns.append(found)
    return replace(block, predictors=np.column_stack(columns))


def _rows(block: Block, panel: Panel, name: str) -> Floats:
    place = {unit: row for row, unit in enumerate(panel.units)}
    return panel.matrix(panel.covariates[name])[[place[unit] for unit in block.names]]


def _mean(block: Block, values: Floats, span: Span, what: str) -> Floats | Refusal:
    places = span_places(block, span, what)
    if isinstance(places, Refusal):
        return places
    means = values[:, places].mean(axis=1)
    lacking = np.flatnonzero(~np.isfinite(means))
    if len(lacking):
        told = f"predictor '{what}' lacks values in its periods for {len(lacking)} units, the first"
        return Refusal("missing_cells", f"{told} '{block.names[lacking[0]]}'; choose other periods, or fill them")
    return np.asarray(means)
