"""What must hold between documents. A rule yields (document, field, message) for every breach it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pydantic import ValidationError

from impact_pipeline.catalog.catalog import Catalog, Key
from impact_pipeline.catalog.causal_rules import samples_are_readable
from impact_pipeline.catalog.contract_rules import contracts_are_enforceable
from impact_pipeline.catalog.epoch_rules import epochs_are_apart, plans_stay_in_one_epoch
from impact_pipeline.catalog.expressions import Kind
from impact_pipeline.catalog.feature import LatestFeature, LearntFeature, NumberFeature
from impact_pipeline.catalog.learnt_rules import learnt_features_are_trainable
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.plan import EvaluationPlan, MetricUse
from impact_pipeline.catalog.privacy_rules import privacy_is_kept
from impact_pipeline.catalog.references import (
    Breach,
    compiles,
    delivered,
    has_time_column,
    identifies,
    refer,
    refer_dataset,
    rows_are_read,
)
from impact_pipeline.catalog.review_rules import postmortems_name_studies, reviews_name_studies
from impact_pipeline.catalog.strict_yaml import Path
from impact_pipeline.catalog.unit_rules import units_are_known

Rule = Callable[[Catalog], Iterable[Breach]]


def contracts_are_sound(catalog: Catalog) -> Iterator[Breach]:
    for name, contract in catalog.contracts.items():
        key: Key = ("contract", name)
        seen: set[str] = set()
        for index, column in enumerate(contract.columns):
            if column.name in seen:
                path: Path = ("schema", 0, "properties", index, "name")
                yield key, path, f"column '{column.name}' stands twice; rename one"
            seen.add(column.name)
        for custom in ("eventAt", "ingestedAt"):
            column_name = contract.custom(custom)
            if column_name is not None:
                yield from has_time_column(key, ("customProperties",), contract, column_name, f"impact.{custom}")
        if contract.on_breach not in ("quarantine", "fail"):
            yield key, ("customProperties",), f"impact.onBreach is '{contract.on_breach}'; write 'quarantine' or 'fail'"


def sources_deliver_contracted_datasets(catalog: Catalog) -> Iterator[Breach]:
    owner: dict[str, str] = {}
    for name, source in catalog.sources.items():
        for dataset in source.datasets:
            key: Key = ("source", name)
            if ("contract", dataset) not in catalog.broken:
                yield from refer(catalog, key, ("datasets", dataset), "contract", dataset)
            if dataset in owner:
                message = f"dataset '{dataset}' is already delivered by source '{owner[dataset]}'; remove it from one"
                yield key, ("datasets", dataset), message
            owner.setdefault(dataset, name)


def facts_are_computable(catalog: Catalog) -> Iterator[Breach]:
    for name, fact in catalog.facts.items():
        key: Key = ("fact", name)
        contract = catalog.contracts.get(fact.dataset)
        if contract is None or not delivered(catalog, fact.dataset):
            yield from refer_dataset(catalog, key, ("dataset",), fact.dataset)
            continue
        yield from identifies(key, contract, fact.entity)
        yield from has_time_column(key, ("event_at",), contract, fact.event_at, "event_at")
        for measure, definition in fact.measures.items():
            path = ("measures", measure, "expression")
            yield from compiles(catalog, key, path, fact.dataset, definition.expression, "number")


def features_are_computable(catalog: Catalog) -> Iterator[Breach]:
    for name, feature in catalog.features.items():
        if isinstance(feature, LearntFeature):
            continue
        key: Key = ("feature", name)
        contract = catalog.contracts.get(feature.dataset)
        if contract is None or not delivered(catalog, feature.dataset):
            yield from refer_dataset(catalog, key, ("dataset",), feature.dataset)
            continue
        yield from identifies(key, contract, feature.entity)
        yield from has_time_column(key, ("event_at",), contract, feature.event_at, "event_at")
        kind: Kind = "category" if isinstance(feature, LatestFeature) else "number"
        yield from compiles(catalog, key, ("expression",), feature.dataset, feature.expression, kind)
        if feature.filter is not None:
            yield from compiles(catalog, key, ("filter",), feature.dataset, feature.filter, "condition")


def metrics_are_computable(catalog: Catalog) -> Iterator[Breach]:
    for name, metric in catalog.metrics.items():
        key: Key = ("metric", name)
        for path, rows in metric.inputs:
            yield from rows_are_read(catalog, key, path, rows)
        yield from _parts(catalog, key, metric)
        entities = _entities(catalog, metric)
        if len(entities) > 1:
            about = " and ".join(sorted(entities))
            yield key, (), f"its facts are about {about}; use facts of one entity"
        for index, covariate in enumerate(metric.covariates):
            yield from _covariate(catalog, key, ("covariates", index), covariate, entities)


def _parts(catalog: Catalog, key: Key, metric: Metric) -> Iterator[Breach]:
    found = catalog.parts_of(metric)
    for path, message in metric.misfits(found):
        yield key, path, message
    for name in metric.parts:
        yield from refer(catalog, key, ("formula",), "metric", name)


def plans_are_linked(catalog: Catalog) -> Iterator[Breach]:
    for name, plan in catalog.plans.items():
        key: Key = ("study", name)
        yield from _change(catalog, key, plan)
        yield from units_are_known(catalog, key, plan)
        yield from samples_are_readable(catalog, key, plan)
        yield from _metric_uses(catalog, key, plan)


def _metric_uses(catalog: Catalog, key: Key, plan: EvaluationPlan) -> Iterator[Breach]:
    names = [use.name for use in plan.metrics]
    for index, use in enumerate(plan.metrics):
        path: Path = ("metrics", index, "metric")
        if use.metric not in catalog.metrics and ("metric", use.metric) not in catalog.broken:
            yield from refer(catalog, key, path, "metric", use.metric)
        if names.index(use.name) != index:
            yield key, path, f"metric '{use.name}' is used twice; keep one use, or give them different windows"
        elif use.metric in catalog.metrics:
            yield from _metric_use(catalog, key, index, use, plan)
    if not any(use.role == "success" for use in plan.metrics):
        yield key, ("metrics",), "no metric has role 'success'; a verdict needs at least one"
    if plan.value is not None and plan.value.metric not in names:
        message = f"'{plan.value.metric}' is not a metric of this plan; metrics are {', '.join(names)}"
        yield key, ("value", "metric"), message


def _metric_use(catalog: Catalog, key: Key, index: int, use: MetricUse, plan: EvaluationPlan) -> Iterator[Breach]:
    metric = catalog.metrics[use.metric]
    entities = _entities(catalog, metric)
    if entities - {plan.entity}:
        about = " and ".join(sorted(entities))
        message = f"metric '{use.metric}' is about a {about}, the plan about a {plan.entity}; use one about it"
        yield key, ("metrics", index, "metric"), message
    if use.window is None:
        return
    if use.name in catalog.metrics:
        message = f"over this window it would be called '{use.name}', which is a metric of its own; rename that one"
        yield key, ("metrics", index, "window"), message
    try:
        metric.over(use.window)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            message = f"metric '{use.metric}' cannot be read over {use.window}: {fault['msg']}"
            yield key, ("metrics", index, "window"), message


def _entities(catalog: Catalog, metric: Metric) -> set[str]:
    """What the facts of a metric and of its parts are about."""
    rows = [rows for one in (metric, *catalog.parts_of(metric).values()) for _, rows in one.inputs]
    return {catalog.facts[read.fact].entity for read in rows if read.fact in catalog.facts}


def _change(catalog: Catalog, key: Key, plan: EvaluationPlan) -> Iterator[Breach]:
    model = catalog.models.get(plan.change.model)
    if model is None:
        yield from refer(catalog, key, ("change", "model"), "model", plan.change.model)
        return
    versions = [version.version for version in model.versions]
    for field in ("from_version", "to_version"):
        version = getattr(plan.change, field)
        if version not in versions:
            message = f"model '{model.name}' has no version '{version}'; versions are {', '.join(versions)}"
            yield key, ("change", field), message


def _covariate(catalog: Catalog, key: Key, path: Path, name: str, entities: set[str]) -> Iterator[Breach]:
    feature = catalog.features.get(name)
    if feature is None:
        yield from refer(catalog, key, path, "feature", name)
    elif not isinstance(feature, NumberFeature) or {feature.entity} != entities:
        message = f"feature '{name}' must be of type 'sum' or 'learnt' and about the metric's entity to be a covariate"
        yield key, path, message


RULES: tuple[Rule, ...] = (
    contracts_are_sound,
    contracts_are_enforceable,
    sources_deliver_contracted_datasets,
    facts_are_computable,
    features_are_computable,
    learnt_features_are_trainable,
    metrics_are_computable,
    plans_are_linked,
    reviews_name_studies,
    postmortems_name_studies,
    privacy_is_kept,
    epochs_are_apart,
)

LINKED_RULES: tuple[Rule, ...] = (plans_stay_in_one_epoch,)
"""Rules that read documents through others, once all that is left refers to something."""
