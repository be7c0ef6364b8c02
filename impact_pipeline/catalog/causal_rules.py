"""What must hold of what a causal plan reads: expressions over exposures, metrics that a sample can hold."""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.catalog.catalog import Catalog, Key, kind_of
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import UnitTotal
from impact_pipeline.catalog.plan import EvaluationPlan
from impact_pipeline.catalog.references import Breach, compiles, delivered, has_column, refer
from impact_pipeline.catalog.samples import (
    CausalSample,
    PanelSample,
    SeriesSample,
    metrics_beside,
    row_cluster,
    row_expressions,
)
from impact_pipeline.catalog.strict_yaml import Path


def samples_are_readable(catalog: Catalog, key: Key, plan: EvaluationPlan) -> Iterator[Breach]:
    """Each sample's expressions compile, its metrics are there, and it can hold every metric of the plan."""
    asked: list[tuple[Path, CausalSample | None]] = [(("sample",), plan.sample)]
    asked += [(("fallback", place, "sample"), own.sample) for place, own in enumerate(plan.fallback)]
    known = [(path, sample) for path, sample in asked if sample is not None]
    followed = {isinstance(sample, PanelSample | SeriesSample) for _, sample in known}
    if len(followed) > 1:
        told = "samples by period and samples by unit read exposures differently; give the plan one kind of them"
        yield key, ("fallback",), told
    for path, sample in known:
        yield from _expressions(catalog, key, path, sample, plan.exposure.dataset)
        for name in metrics_beside(sample):
            yield from refer(catalog, key, path, "metric", name)
        if isinstance(sample, PanelSample):
            yield from _unit_columns(catalog, key, path, plan, sample)
    for place, name in enumerate(plan.negative_controls):
        yield from refer(catalog, key, ("negative_controls", place), "metric", name)
    if known:
        yield from _metrics(catalog, key, plan, by_period=True in followed)


def _expressions(catalog: Catalog, key: Key, path: Path, sample: CausalSample, dataset: str) -> Iterator[Breach]:
    if dataset not in catalog.contracts or not delivered(catalog, dataset):
        return
    for field, text in row_expressions(sample).items():
        name, _, place = field.partition(".")
        at: Path = (*path, name, int(place)) if place else (*path, name)
        yield from compiles(catalog, key, at, dataset, text, kind_of(catalog, dataset, text))
    cluster = row_cluster(sample)
    if cluster is not None:
        yield from has_column(key, (*path, "cluster"), catalog.contracts[dataset], cluster)


def _unit_columns(
    catalog: Catalog, key: Key, path: Path, plan: EvaluationPlan, sample: PanelSample
) -> Iterator[Breach]:
    """What a panel says of a unit is a column of every dataset that it reads."""
    names = [use.metric for use in plan.metrics] + [*metrics_beside(sample), *plan.negative_controls]
    metrics = [catalog.metrics[name] for name in names if name in catalog.metrics]
    totals = [total for one in metrics for total in one.readings(catalog.parts_of(one))[0].totals]
    facts = {fact for total in totals for fact in total.facts}
    datasets = sorted({catalog.facts[fact].dataset for fact in facts if fact in catalog.facts} & set(catalog.contracts))
    for field, column in (("unit_name", sample.unit_name), ("cluster", sample.cluster)):
        for dataset in datasets if column is not None else ():
            yield from has_column(key, (*path, field), catalog.contracts[dataset], str(column))


def _metrics(catalog: Catalog, key: Key, plan: EvaluationPlan, *, by_period: bool) -> Iterator[Breach]:
    named: list[tuple[Path, str]] = [(("metrics", i, "metric"), use.metric) for i, use in enumerate(plan.metrics)]
    named += [(("negative_controls", i), name) for i, name in enumerate(plan.negative_controls)]
    samples = (plan.sample, *(own.sample for own in plan.fallback))
    named += [(("sample",), name) for sample in samples if sample is not None for name in metrics_beside(sample)]
    for path, name in named:
        metric = catalog.metrics.get(name)
        fault = None if metric is None else _fault(catalog, metric, by_period)
        if fault is not None:
            yield key, path, f"'{name}' {fault}"
    for i, use in enumerate(plan.metrics):
        metric = catalog.metrics.get(use.metric)
        if metric is not None and metric.covariates:
            yield (
                key,
                ("metrics", i, "metric"),
                f"'{use.metric}' has covariates; those of a causal design are its sample's",
            )


def _fault(catalog: Catalog, metric: Metric, by_period: bool) -> str | None:
    """Why a sample cannot hold the metric."""
    reading = metric.readings(catalog.parts_of(metric))[0]
    if reading.form == "quantile" or reading.per_event or reading.cap_percentile is not None:
        return "is a quantile or has a cap by quantile, which a causal design does not take; use a mean"
    if reading.form == "ratio" and not by_period:
        return "is a ratio over units, which a design of single units does not take; use a mean"
    plain = all(isinstance(total, UnitTotal) and not total.weight_by_day for total in reading.totals)
    if by_period and not plain:
        return "asks for an order of events, which periods cut apart; use a sum, a count or a ratio"
    return None
