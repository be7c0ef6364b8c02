"""The sample of a causal design from the rows of a file, and one outcome: panel, cross-section, series or log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from impact_pipeline.analysis.labels import Labels
from impact_pipeline.analysis.sample_questions import (
    CrossSectionColumns,
    LoggedDecisionColumns,
    PanelColumns,
    SampleColumns,
    SeriesColumns,
    sample_expressions,
)
from impact_pipeline.analysis.table import Array, Table
from impact_pipeline.errors import InputError
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline.stats.samples.sample import Sample
from impact_pipeline.stats.samples.series import Series

MOST_LABELS = 5_000_000
FIELD = "sample"


@dataclass(frozen=True, eq=False)
class SampleTable:
    """A file's rows with the numbers of the sample's expressions, which every outcome shares."""

    table: Table
    asked: SampleColumns
    numbers: Mapping[str, Array]

    def part(self, field: str) -> Array | None:
        return self.numbers.get(f"{FIELD}.{field}")

    def parts(self, field: str, names: tuple[str, ...] | None) -> dict[str, Array]:
        """Expression as written -> numbers, of a field that lists some."""
        return {text: self.numbers[f"{FIELD}.{field}.{place}"] for place, text in enumerate(names or ())}

    def labels(self, column: str | None, field: str) -> Labels | None:
        return None if column is None else self.table.labels(column, f"{FIELD}.{field}", MOST_LABELS)


def read_sample(table: Table, asked: SampleColumns) -> SampleTable:
    """Every expression of the sample, in one pass; raises `InputError` with all faults."""
    texts = {f"{FIELD}.{field}": text for field, text in sample_expressions(asked).items()}
    wanted = {field: (text, table.kind(text)) for field, text in texts.items()}
    return SampleTable(table, asked, table.numbers(wanted))


def whole_rows(read: SampleTable, outcome: Array | None) -> NDArray[np.bool_]:
    """Rows that have every number of the sample, and the outcome."""
    needed = [*read.numbers.values(), *([] if outcome is None else [outcome])]
    found: NDArray[np.bool_] = np.logical_and.reduce([np.isfinite(values) for values in needed])
    return found


def sample_of(read: SampleTable, outcome: Array, field: str, *, drop: bool) -> tuple[Sample, int]:
    """The sample with an outcome, and how many rows without some number were dropped; refused where none may be.

    A series keeps its gaps: its outcome is NaN there.
    """
    series = isinstance(read.asked, SeriesColumns)
    whole = whole_rows(read, None if series and drop else outcome)
    missing = int(np.sum(~whole))
    if missing and (series or not drop):
        told = f"{missing} of {len(whole)} rows lack a finite number that the sample or the outcome needs"
        raise InputError(f"{field}: {told}; fill them, or write `missing: drop`")
    if missing == len(whole):
        raise InputError(f"{field}: no row has all the numbers that the sample and the outcome need")
    match read.asked:
        case PanelColumns() as asked:
            return _panel(read, asked, outcome, whole), missing
        case CrossSectionColumns() as asked:
            return _cross_section(read, asked, outcome, whole), missing
        case SeriesColumns() as asked:
            return _series(read, asked, outcome), int(np.sum(~np.isfinite(outcome)))
        case LoggedDecisionColumns() as asked:
            return _logged(read, asked, outcome, whole), missing


def _panel(read: SampleTable, asked: PanelColumns, outcome: Array, rows: NDArray[np.bool_]) -> Panel:
    units, periods = read.labels(asked.unit, "unit"), read.labels(asked.period, "period")
    assert units is not None
    assert periods is not None
    treated = read.part("treated")
    if treated is None:
        treated = _adopted(read.table, asked, periods)
    if ((treated[rows] < 0) | (treated[rows] > 1)).any():
        raise InputError(f"{FIELD}.treated: shares of a period lie in 0 .. 1; write a condition, or divide")
    cluster, group = read.labels(asked.cluster, "cluster"), read.labels(asked.period_group, "period_group")
    weights = read.part("weights")
    try:
        panel = panel_of(
            units.codes[rows], periods.codes[rows], outcome[rows], treated[rows],
            covariates=_cut(read.parts("covariates", asked.covariates), rows),
            weights=None if weights is None else weights[rows],
            cluster=None if cluster is None else cluster.codes[rows],
            period_group=None if group is None else group.codes[rows],
        )  # fmt: skip
    except ValueError:
        raise InputError(f"{FIELD}: {_twice(units.kept(rows), periods.kept(rows))}") from None
    named = (
        tuple(known.names[int(code)] for code in codes)
        for known, codes in ((units, panel.units), (periods, panel.periods))
    )
    unit_names, period_names = named
    return replace(panel, units=unit_names, periods=period_names)


def _twice(units: Labels, periods: Labels) -> str:
    key = units.codes * len(periods.names) + periods.codes
    found, count = np.unique(key, return_counts=True)
    first = int(found[count > 1][0])
    pair = f"unit '{units.names[first // len(periods.names)]}' in period '{periods.names[first % len(periods.names)]}'"
    told = f"{int(np.sum(count > 1))} pairs of unit and period have several rows, the first {pair}"
    return f"{told}; a panel has one: add them up, or remove the copies"


def _adopted(table: Table, asked: PanelColumns, periods: Labels) -> Array:
    """1 from a unit's first treated period on: `treated_from` is compared with `period` as numbers, days or text."""
    name = str(asked.treated_from)
    if name not in table.rows.schema.names:
        raise InputError(f"{FIELD}.treated_from: {table.name} has no column '{name}'; name one of its columns")
    starts, period = table.rows[name], table.rows[asked.period]
    if pa.types.is_null(starts.type):
        return np.zeros(len(table))
    numbers = all(pa.types.is_integer(v.type) or pa.types.is_floating(v.type) for v in (starts, period))
    if not numbers and starts.type != period.type:
        told = f"'{name}' holds {starts.type} and '{asked.period}' {period.type}, which do not compare"
        raise InputError(f"{FIELD}.treated_from: {told}; write both as numbers, or both as days")
    on = pc.greater_equal(period, starts)
    never = pc.equal(starts, 0) if numbers else pc.equal(pc.cast(starts, pa.string()), "")
    on = pc.and_(pc.fill_null(on, fill_value=False), pc.invert(pc.fill_null(never, fill_value=True)))
    return np.asarray(on.combine_chunks().to_numpy(zero_copy_only=False), dtype=np.float64)


def _cross_section(
    read: SampleTable, asked: CrossSectionColumns, outcome: Array, rows: NDArray[np.bool_]
) -> CrossSection:
    treatment, cluster = read.part("treatment"), read.labels(asked.cluster, "cluster")
    assert treatment is not None
    own = None if asked.outcome_covariates is None else read.parts("outcome_covariates", asked.outcome_covariates)
    score = read.part("score")
    whole = CrossSection(
        outcome, treatment, read.parts("covariates", asked.covariates), own, score,
        read.parts("instruments", asked.instruments), None if cluster is None else cluster.codes,
        read.part("weights"), read.part("after"),
        None if score is None or rows.all() else score[np.isfinite(score)],
    )  # fmt: skip
    return whole if rows.all() else whole.keep(rows)


def _series(read: SampleTable, asked: SeriesColumns, outcome: Array) -> Series:
    periods = read.labels(asked.period, "period")
    assert periods is not None
    if len(np.unique(periods.codes)) < len(periods):
        raise InputError(f"{FIELD}.period: a period has several rows; add them up, or remove the copies")
    order = np.argsort(periods.codes)
    labels = tuple(periods.names[code] for code in periods.codes[order])
    controls = {text: values[order] for text, values in read.parts("controls", asked.controls).items()}
    return Series(labels, outcome[order], _start(read.table, asked, labels), controls, _days(labels))


def _start(table: Table, asked: SeriesColumns, labels: tuple[str, ...]) -> int:
    """The place of the first period at or after `starts`, compared as the column's values are."""
    value: Any = asked.starts
    known: list[Any] = [float(label) if isinstance(value, int | float) else label for label in labels]
    later = [place for place, label in enumerate(known) if label >= value]
    if not later:
        raise InputError(
            f"{FIELD}.starts: no period of {table.name} is at or after '{value}'; the last is '{labels[-1]}'"
        )
    return later[0]


def _days(labels: tuple[str, ...]) -> tuple[date, ...] | None:
    try:
        return tuple(datetime.fromisoformat(label).date() for label in labels)
    except ValueError:
        return None


def _logged(
    read: SampleTable, asked: LoggedDecisionColumns, outcome: Array, rows: NDArray[np.bool_]
) -> LoggedDecisions:
    actions, slots = read.labels(asked.action, "action"), read.labels(asked.slot, "slot")
    cluster, propensity, target = read.labels(asked.cluster, "cluster"), read.part("propensity"), read.part("target")
    assert actions is not None
    assert propensity is not None
    for name, chances in (("propensity", propensity), ("target", target)):
        if chances is not None and ((chances[rows] < 0) | (chances[rows] > 1)).any():
            raise InputError(f"{FIELD}.{name}: chances lie in 0 .. 1; correct the expression")
    if (propensity[rows] <= 0).any():
        raise InputError(f"{FIELD}.propensity: an action that was taken had a chance above 0; correct the log")
    uniform = 1 / len(actions.names)
    policy = None if target is not None else np.broadcast_to(uniform, (int(rows.sum()), len(actions.names)))
    return LoggedDecisions(
        actions.names, actions.codes[rows], outcome[rows], propensity[rows],
        np.full(int(rows.sum()), uniform) if target is None else target[rows], policy,
        _cut(read.parts("context", asked.context), rows), () if slots is None else slots.names,
        None if slots is None else slots.codes[rows], None if cluster is None else cluster.codes[rows],
    )  # fmt: skip


def _cut(named: Mapping[str, Array], rows: NDArray[np.bool_]) -> dict[str, Array]:
    return {name: values[rows] for name, values in named.items()}
