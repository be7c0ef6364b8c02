"""Column lineage of a study's cells: each metric's trusted columns, read off the trees the engine runs."""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import StepsPassed, UnitCount
from impact_pipeline.stages.data import fact_lineage
from impact_pipeline.stages.outcome import ColumnLineage


def cell_lineage(study: Study) -> ColumnLineage:
    """Metric -> the columns of its measures and filters, those of its parts included.

    What counts rows or days, or asks in which order they came, reads the time of the event.
    """
    found = {metric.name: _columns_of(study, metric) for metric in study.metrics}
    return {
        name: tuple(sorted({(_source(study, fact), column) for fact, column in own})) for name, own in found.items()
    }


def _source(study: Study, fact: str) -> tuple[str, ...]:
    return "trusted", study.catalog.facts[fact].dataset


def _columns_of(study: Study, metric: Metric) -> Iterator[tuple[str, str]]:
    for total in (total for reading in study.readings_of(metric) for total in reading.totals):
        yield from _columns_of_total(study, total)


def _columns_of_total(study: Study, total: UnitCount) -> Iterator[tuple[str, str]]:
    """(fact, column) pairs."""
    for fact, condition in _rows_of(total):
        if condition is not None:
            compiled = study.catalog.compile(study.catalog.facts[fact].dataset, condition, "condition")
            yield from ((fact, column) for column in compiled.columns)
    if isinstance(total, StepsPassed) or total.measure is None:
        yield from ((fact, study.catalog.facts[fact].event_at) for fact in total.facts)
    else:
        columns = fact_lineage(study.catalog, study.catalog.facts[total.fact])[total.measure]
        yield from ((total.fact, column) for _, column in columns)


def _rows_of(total: UnitCount) -> tuple[tuple[str, str | None], ...]:
    if isinstance(total, StepsPassed):
        return tuple((rows.fact, rows.filter) for rows in total.steps)
    return ((total.fact, total.filter),)
