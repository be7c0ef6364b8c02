"""A causal design on one file: the ladder of its designs for each metric, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from impact_pipeline.analysis.answer import Answer
from impact_pipeline.analysis.labels import Codes
from impact_pipeline.analysis.metric_questions import MetricQuestion
from impact_pipeline.analysis.sample_questions import SampleColumns
from impact_pipeline.analysis.sample_tables import read_sample, sample_of, whole_rows
from impact_pipeline.analysis.specification import Specification
from impact_pipeline.analysis.table import Array, Table
from impact_pipeline.analysis.unit_effects import Explored, of_ladders
from impact_pipeline.assessment.ladder import Ladder, Step, climb
from impact_pipeline.assessment.results import Margin, result_of
from impact_pipeline.assessment.told import tell
from impact_pipeline.causal.base import Question
from impact_pipeline.errors import InputError
from impact_pipeline.estimators.base import Grade
from impact_pipeline.stats.samples.sample import Sample

Rung = tuple[Any, SampleColumns, Grade]
Outcomes = Mapping[str, Array]


def causal_answer(
    asked: Specification, table: Table, columns: Mapping[str, Array], answer: Answer
) -> tuple[Answer, tuple[Explored, ...]]:
    """The answer with a result, its findings and its exhibits for each metric; and units' effects that were learnt."""
    samples = _Samples(table, asked, columns)
    ladders = {metric.name: samples.climbed(place, metric) for place, metric in enumerate(asked.metrics)}
    told = tell(ladders)
    results = tuple(
        result_of(metric.name, ladders[metric.name], asked.alpha, _margin(metric)) for metric in asked.metrics
    )
    rows = {metric.name: samples.rows(place, ladders[metric.name]) for place, metric in enumerate(asked.metrics)}
    found = replace(
        answer, results=results, dropped=samples.dropped, grade=told.grade, attempts=told.detail.attempts,
        effects=told.detail.effects, numbers=told.detail.numbers, findings=told.findings,
        exhibits=told.detail.exhibits,
    )  # fmt: skip
    return found, of_ladders(ladders, rows)


class _Samples:
    """Samples of the file, each read once however many metrics have it as theirs."""

    def __init__(self, table: Table, asked: Specification, columns: Mapping[str, Array]) -> None:
        self._asked, self._columns = asked, columns
        assert asked.sample is not None
        self._rungs: list[Rung] = [(asked.design, asked.sample, "C")]
        self._rungs += [(own.design, own.sample or asked.sample, own.cap) for own in asked.fallback]
        self._read = {id(sample): read_sample(table, sample) for _, sample, _ in self._rungs}
        self.dropped: dict[str, int] = {}

    def climbed(self, place: int, metric: MetricQuestion) -> Ladder:
        return climb([Step(rung[0], self._question(place, metric, rung), rung[2]) for rung in self._rungs])

    def rows(self, place: int, ladder: Ladder) -> Codes:
        """Rows of the file that are units of the design that answers."""
        read = self._read[id(self._rungs[ladder.chosen][1])]
        return np.flatnonzero(whole_rows(read, self._columns[f"metrics.{place}.value"]))

    def _question(self, place: int, metric: MetricQuestion, rung: Rung) -> Callable[[], Question[Any, Any]]:
        design, columns, _ = rung
        field = f"metrics.{place}"

        def asked() -> Question[Any, Any]:
            sample, dropped = self._sample(columns, f"{field}.value", drop=metric.missing == "drop")
            if dropped:
                self.dropped[metric.name] = dropped
            probes = {
                own.name: self._sample(columns, f"negative_controls.{i}.value", drop=False)[0]
                for i, own in enumerate(self._asked.negative_controls)
            }
            return Question(sample, design, self._asked.alpha, self._asked.seed, probes)

        return asked

    def _sample(self, columns: SampleColumns, field: str, *, drop: bool) -> tuple[Sample, int]:
        return sample_of(self._read[id(columns)], self._columns[field], field, drop=drop)


def _margin(metric: MetricQuestion) -> Margin | None:
    own = metric.margin
    if own is None:
        return None
    size = own.relative if own.absolute is None else own.absolute
    if size is None:
        raise InputError(f"metric '{metric.name}': the margin has no size; write `relative` or `absolute`")
    return Margin(size, own.absolute is None, metric.better == "higher")
