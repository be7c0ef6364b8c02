"""`impact analyze`: a specification and a file in, an answer out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from impact_pipeline.analysis.answer import Answer, ArmReading, Coefficient
from impact_pipeline.analysis.arm_readings import arm_readings, bootstrapped
from impact_pipeline.analysis.bayesian import readings as bayesian_readings
from impact_pipeline.analysis.causal import causal_answer
from impact_pipeline.analysis.document import columns_used, expressions
from impact_pipeline.analysis.e_values import e_values
from impact_pipeline.analysis.experiment import Comparison, compared, correct, refuse_arms
from impact_pipeline.analysis.planning import planned
from impact_pipeline.analysis.regression import regressed
from impact_pipeline.analysis.sample_ratio import sample_ratios
from impact_pipeline.analysis.specification import OneSampleDesign, RandomizedDesign, RegressionDesign, Specification
from impact_pipeline.analysis.strata import measured
from impact_pipeline.analysis.table import Array, Table, read_table
from impact_pipeline.analysis.unit_counts import one_row_each, units_of_rows
from impact_pipeline.analysis.unit_effect_file import refuse_suffix, write_unit_effects
from impact_pipeline.analysis.unit_effect_readings import UnitEffectsQuestion
from impact_pipeline.analysis.unit_effects import Explored, of_experiment, readings
from impact_pipeline.analysis.units import ALL, Labelled, Numbers, labelled, numbers_of
from impact_pipeline.catalog.causal.designs import CAUSAL
from impact_pipeline.engines.base import Engine
from impact_pipeline.errors import InputError
from impact_pipeline.estimators.segment_comparison import compare_segments


def analyze_file(
    asked: Specification, written: Path, data: Path | None, engine: Engine, unit_effects: Path | None = None
) -> Answer:
    """The answer about `data`, or about the file that the specification names, which lies beside where it is `written`.

    A specification without a design needs no file. Effects of single units go to the file `unit_effects`.
    """
    if unit_effects is not None:
        refuse_suffix(unit_effects)
    if asked.design is None:
        return analyze(asked, None, unit_effects)
    if data is None and asked.data is None:
        raise InputError(f"{written}: names no `data`; add it, or give a file with --data")
    table = read_table(data or written.parent / str(asked.data), engine, columns_used(asked))
    return analyze(asked, table, unit_effects)


def analyze(asked: Specification, table: Table | None, unit_effects: Path | None = None) -> Answer:
    """The answer about a table; without a design none is needed."""
    answer, found = _found(asked, table, explores=unit_effects is not None or asked.unit_effects is not None)
    if unit_effects is not None:
        write_unit_effects(unit_effects, found)
    return replace(answer, unit_effects=readings(found, asked.alpha))


def _found(asked: Specification, table: Table | None, *, explores: bool) -> tuple[Answer, tuple[Explored, ...]]:
    """The answer, and effects of single units where the design `explores` them or always learns them."""
    answer = Answer(asked.alpha, planning=planned(asked.planning), e_values=e_values(asked.e_values))
    if asked.design is None or table is None:
        return answer, ()
    columns = table.numbers(expressions(asked))
    if asked.design.type in CAUSAL:
        return causal_answer(asked, table, columns, replace(answer, design=asked.design.type, rows=len(table)))
    labels = labelled(table, asked)
    numbers = [
        numbers_of(metric, _of_field(columns, f"metrics.{place}"), labels, f"metrics.{place}")
        for place, metric in enumerate(asked.metrics)
    ]
    dropped = {metric.name: own.dropped for metric, own in zip(asked.metrics, numbers, strict=True) if own.dropped}
    answer = replace(answer, design=asked.design.type, rows=len(table), dropped=dropped)
    match asked.design:
        case RandomizedDesign() as design:
            units = units_of_rows(asked, columns)
            found, comparisons = _experiment(asked, design, answer, labels, numbers, units)
            question = asked.unit_effects or UnitEffectsQuestion()
            return found, of_experiment(comparisons, question, asked.seed) if explores else ()
        case OneSampleDesign() as design:
            return _one_sample(asked, design, replace(answer, units=one_row_each(labels).arm.counts()), numbers), ()
        case RegressionDesign() as design:
            treatments = list(_of_field(columns, "design.treatments").values())
            coefficients = tuple(_coefficients(asked, design, table, numbers, treatments))
            return replace(answer, units=one_row_each(labels).arm.counts(), coefficients=coefficients), ()
    raise AssertionError(asked.design.type)


def _coefficients(
    asked: Specification,
    design: RegressionDesign,
    table: Table,
    numbers: Sequence[Numbers],
    treatments: Sequence[Array],
) -> Iterator[Coefficient]:
    for metric, own in zip(asked.metrics, numbers, strict=True):
        yield from regressed(table, asked, design, metric, own, [values[own.rows] for values in treatments])


def _of_field(columns: Mapping[str, Array], field: str) -> dict[str, Array]:
    """The part of a field -> numbers."""
    start = f"{field}."
    return {name.removeprefix(start): values for name, values in columns.items() if name.startswith(start)}


def _experiment(
    asked: Specification,
    design: RandomizedDesign,
    answer: Answer,
    labels: Labelled,
    numbers: Sequence[Numbers],
    units: Array | None,
) -> tuple[Answer, tuple[Comparison, ...]]:
    if numbers:
        refuse_arms(design, labels.arm.names)
    found = compared(asked, design, numbers)
    by_comparison = [comparison.results() for comparison in found]
    results = tuple(result for listed in by_comparison for result in listed)
    parts = {comparison.metric.name: comparison for comparison in found}
    own = one_row_each(labels)
    better = {metric.name: metric.better == "higher" for metric in asked.metrics}
    told = replace(
        answer,
        units=own.arm.counts(units),
        sample_ratio=sample_ratios(design, own, units),
        arms=tuple(reading for c in parts.values() for reading in _arms(c)),
        results=results,
        correction=asked.correction if len(found) > 1 else None,
        corrected=correct(asked, found, by_comparison) if len(found) > 1 else (),
        segment_comparisons=compare_segments(better, results),
        bayesian=bayesian_readings(asked.prior, better, results),
    )
    return told, found


def _arms(comparison: Comparison) -> Iterator[ArmReading]:
    """The error of a mean over rows is not shown where rows share a cluster."""
    by_cluster = comparison.numbers.labels.cluster is not None
    for reading in arm_readings(comparison.metric, comparison.parts, comparison.asked.alpha):
        yield replace(reading, std_error=None, interval=None) if by_cluster else reading


def _one_sample(asked: Specification, design: OneSampleDesign, answer: Answer, numbers: Sequence[Numbers]) -> Answer:
    arms = [
        bootstrapped(reading, own, metric, design.bootstrap) if design.bootstrap else reading
        for metric, own in zip(asked.metrics, numbers, strict=True)
        for reading in arm_readings(metric, measured(own, metric, {ALL: 1.0}), asked.alpha)
    ]
    return replace(answer, arms=tuple(arms))
