"""What must hold between documents. A rule yields (document, field, message) for every breach it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pydantic import ValidationError

from impact_pipeline.catalog.catalog import Catalog, DocumentKind, Key
from impact_pipeline.catalog.contract import Contract
from impact_pipeline.catalog.contract_rules import contracts_are_enforceable
from impact_pipeline.catalog.designs import cluster_column
from impact_pipeline.catalog.expressions import Kind, Rejected
from impact_pipeline.catalog.feature import LatestFeature, SumFeature
from impact_pipeline.catalog.metrics.base import Metric, Rows
from impact_pipeline.catalog.plan import ColumnSegment, EvaluationPlan, FeatureSegment, MetricUse, StudySegment
from impact_pipeline.catalog.strict_yaml import Path

Breach = tuple[Key, Path, str]
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
                yield from _time_column(key, ("customProperties",), contract, column_name, f"impact.{custom}")
        if contract.on_breach not in ("quarantine", "fail"):
            yield key, ("customProperties",), f"impact.onBreach is '{contract.on_breach}'; write 'quarantine' or 'fail'"


def sources_deliver_contracted_datasets(catalog: Catalog) -> Iterator[Breach]:
    owner: dict[str, str] = {}
    for name, source in catalog.sources.items():
        for dataset in source.datasets:
            key: Key = ("source", name)
            if ("contract", dataset) not in catalog.broken:
                yield from _refer(catalog, key, ("datasets", dataset), "contract", dataset)
            if dataset in owner:
                message = f"dataset '{dataset}' is already delivered by source '{owner[dataset]}'; remove it from one"
                yield key, ("datasets", dataset), message
            owner.setdefault(dataset, name)


def facts_are_computable(catalog: Catalog) -> Iterator[Breach]:
    for name, fact in catalog.facts.items():
        key: Key = ("fact", name)
        contract = catalog.contracts.get(fact.dataset)
        if contract is None or not _delivered(catalog, fact.dataset):
            yield from _refer_dataset(catalog, key, ("dataset",), fact.dataset)
            continue
        yield from _entity(key, contract, fact.entity)
        yield from _time_column(key, ("event_at",), contract, fact.event_at, "event_at")
        for measure, definition in fact.measures.items():
            path = ("measures", measure, "expression")
            yield from _expression(catalog, key, path, fact.dataset, definition.expression, "number")


def features_are_computable(catalog: Catalog) -> Iterator[Breach]:
    for name, feature in catalog.features.items():
        key: Key = ("feature", name)
        contract = catalog.contracts.get(feature.dataset)
        if contract is None or not _delivered(catalog, feature.dataset):
            yield from _refer_dataset(catalog, key, ("dataset",), feature.dataset)
            continue
        yield from _entity(key, contract, feature.entity)
        yield from _time_column(key, ("event_at",), contract, feature.event_at, "event_at")
        kind: Kind = "category" if isinstance(feature, LatestFeature) else "number"
        yield from _expression(catalog, key, ("expression",), feature.dataset, feature.expression, kind)
        if feature.filter is not None:
            yield from _expression(catalog, key, ("filter",), feature.dataset, feature.filter, "condition")


def metrics_are_computable(catalog: Catalog) -> Iterator[Breach]:
    for name, metric in catalog.metrics.items():
        key: Key = ("metric", name)
        for path, rows in metric.inputs:
            yield from _rows(catalog, key, path, rows)
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
        yield from _refer(catalog, key, ("formula",), "metric", name)


def plans_are_linked(catalog: Catalog) -> Iterator[Breach]:
    for name, plan in catalog.plans.items():
        key: Key = ("study", name)
        yield from _change(catalog, key, plan)
        yield from _exposure(catalog, key, plan)
        yield from _metric_uses(catalog, key, plan)
        for segment, definition in plan.segments.items():
            if isinstance(definition, FeatureSegment):
                yield from _segment_feature(catalog, key, segment, definition, plan)
            elif isinstance(definition, StudySegment):
                yield from _segment_study(catalog, key, segment, definition.study, plan)


def _metric_uses(catalog: Catalog, key: Key, plan: EvaluationPlan) -> Iterator[Breach]:
    names = [use.name for use in plan.metrics]
    for index, use in enumerate(plan.metrics):
        path: Path = ("metrics", index, "metric")
        if use.metric not in catalog.metrics and ("metric", use.metric) not in catalog.broken:
            yield from _refer(catalog, key, path, "metric", use.metric)
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
        yield from _refer(catalog, key, ("change", "model"), "model", plan.change.model)
        return
    versions = [version.version for version in model.versions]
    for field in ("from_version", "to_version"):
        version = getattr(plan.change, field)
        if version not in versions:
            message = f"model '{model.name}' has no version '{version}'; versions are {', '.join(versions)}"
            yield key, ("change", field), message


def _exposure(catalog: Catalog, key: Key, plan: EvaluationPlan) -> Iterator[Breach]:
    rule = plan.exposure
    contract = catalog.contracts.get(rule.dataset)
    if contract is None or not _delivered(catalog, rule.dataset):
        yield from _refer_dataset(catalog, key, ("exposure", "dataset"), rule.dataset)
        return
    yield from _entity(key, contract, plan.entity)
    yield from _column(key, ("exposure", "arm_column"), contract, rule.arm_column)
    yield from _time_column(key, ("exposure", "exposed_at"), contract, rule.exposed_at, "exposed_at")
    if rule.filter is not None:
        yield from _expression(catalog, key, ("exposure", "filter"), rule.dataset, rule.filter, "condition")
    for segment, definition in plan.segments.items():
        if isinstance(definition, ColumnSegment):
            yield from _column(key, ("segments", segment, "column"), contract, definition.column)
    cluster = cluster_column(plan.design)
    if cluster is not None:
        yield from _cluster(key, contract, plan.entity, cluster)


def _cluster(key: Key, contract: Contract, entity: str, name: str) -> Iterator[Breach]:
    """A column that is filled in every row, and not the unit itself."""
    path: Path = ("design", "cluster")
    column = contract.by_name.get(name)
    if column is None:
        columns = ", ".join(contract.by_name)
        yield key, path, f"dataset '{contract.name}' has no column '{name}'; columns are {columns}"
    elif column.role not in ("identifier", "dimension"):
        yield key, path, f"column '{name}' is a {column.role}; a cluster is an identifier or a dimension"
    elif column.entity == entity:
        yield key, path, f"column '{name}' identifies the {entity} itself; a cluster holds many, or use 'randomized'"
    elif not column.required:
        yield key, path, f"column '{name}' may be empty; write `required: true` in contract '{contract.name}'"


def _segment_feature(
    catalog: Catalog, key: Key, name: str, segment: FeatureSegment, plan: EvaluationPlan
) -> Iterator[Breach]:
    path: Path = ("segments", name, "feature")
    feature = catalog.features.get(segment.feature)
    if feature is None:
        yield from _refer(catalog, key, path, "feature", segment.feature)
    elif not isinstance(feature, LatestFeature) or feature.entity != plan.entity:
        message = f"feature '{segment.feature}' must be of type 'latest' and about a {plan.entity} to split units"
        yield key, path, message


def _segment_study(catalog: Catalog, key: Key, name: str, study: str, plan: EvaluationPlan) -> Iterator[Breach]:
    path: Path = ("segments", name, "study")
    other = catalog.plans.get(study)
    if study == plan.name:
        yield key, path, f"'{study}' is this study; name another that runs at the same time"
    elif other is None:
        yield from _refer(catalog, key, path, "study", study)
    elif other.entity != plan.entity:
        yield key, path, f"study '{study}' is about a {other.entity}, this one about a {plan.entity}"
    elif other.ends < plan.starts or plan.ends < other.starts:
        dates = f"from {other.starts} to {other.ends}"
        yield key, path, f"study '{study}' enrols {dates}, on no day of this one; remove the segment"


def _rows(catalog: Catalog, key: Key, path: Path, rows: Rows) -> Iterator[Breach]:
    fact = catalog.facts.get(rows.fact)
    if fact is None:
        yield from _refer(catalog, key, (*path, "fact"), "fact", rows.fact)
        return
    measure = getattr(rows, "measure", None)
    if measure is not None and measure not in fact.measures:
        allowed = ", ".join(fact.measures)
        yield key, (*path, "measure"), f"fact '{fact.name}' has no measure '{measure}'; measures are {allowed}"
    if rows.filter is not None and fact.dataset in catalog.contracts:
        yield from _expression(catalog, key, (*path, "filter"), fact.dataset, rows.filter, "condition")


def _covariate(catalog: Catalog, key: Key, path: Path, name: str, entities: set[str]) -> Iterator[Breach]:
    feature = catalog.features.get(name)
    if feature is None:
        yield from _refer(catalog, key, path, "feature", name)
    elif not isinstance(feature, SumFeature) or {feature.entity} != entities:
        message = f"feature '{name}' must be of type 'sum' and about the metric's entity to be a covariate"
        yield key, path, message


def _refer(catalog: Catalog, key: Key, path: Path, kind: DocumentKind, name: str) -> Iterator[Breach]:
    if name in catalog.of_kind(kind):
        return
    if (kind, name) in catalog.broken:
        where = catalog.broken[kind, name][0]
        yield key, path, f"{kind} '{name}' has faults of its own ({where.file}:{where.line}); mend them first"
        return
    known = ", ".join(sorted(catalog.of_kind(kind))) or "none yet"
    kinds = "studies" if kind == "study" else f"{kind}s"
    yield key, path, f"there is no {kind} '{name}'; {kinds} are {known}; correct the name or add the document"


def _refer_dataset(catalog: Catalog, key: Key, path: Path, dataset: str) -> Iterator[Breach]:
    if dataset in catalog.contracts:
        yield key, path, f"no source delivers dataset '{dataset}'; list it under a source's `datasets`"
    yield from _refer(catalog, key, path, "contract", dataset)


def _delivered(catalog: Catalog, dataset: str) -> bool:
    return any(dataset in source.datasets for source in catalog.sources.values())


def _entity(key: Key, contract: Contract, entity: str) -> Iterator[Breach]:
    if contract.identifier_of(entity) is None:
        known = sorted({str(c.entity) for c in contract.columns if c.role == "identifier"})
        message = f"dataset '{contract.name}' identifies no {entity}; its entities are {', '.join(known) or 'none'}"
        yield key, ("entity",), message


def _column(key: Key, path: Path, contract: Contract, name: str) -> Iterator[Breach]:
    if name not in contract.by_name:
        columns = ", ".join(contract.by_name)
        yield key, path, f"dataset '{contract.name}' has no column '{name}'; columns are {columns}"
    elif contract.by_name[name].role == "identifier":
        yield key, path, f"column '{name}' is an identifier and cannot be used here"


def _time_column(key: Key, path: Path, contract: Contract, name: str, field: str) -> Iterator[Breach]:
    column = contract.by_name.get(name)
    if column is None:
        yield key, path, f"{field} names '{name}'; dataset '{contract.name}' has columns {', '.join(contract.by_name)}"
    elif column.physicalType != "TIMESTAMPTZ":
        message = f"{field} '{name}' is {column.physicalType}; it must be TIMESTAMPTZ (an instant, not a local time)"
        yield key, path, message


def _expression(catalog: Catalog, key: Key, path: Path, dataset: str, text: str, kind: Kind) -> Iterator[Breach]:
    try:
        catalog.compile(dataset, text, kind)
    except Rejected as rejected:
        yield key, path, f"{rejected}; over dataset '{dataset}'"


RULES: tuple[Rule, ...] = (
    contracts_are_sound,
    contracts_are_enforceable,
    sources_deliver_contracted_datasets,
    facts_are_computable,
    features_are_computable,
    metrics_are_computable,
    plans_are_linked,
)
