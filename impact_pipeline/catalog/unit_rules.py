"""What must hold of where a plan finds its units, and of what splits them."""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.catalog.catalog import Catalog, Key
from impact_pipeline.catalog.contract import Contract
from impact_pipeline.catalog.designs import HoldoutDesign, SwitchbackDesign, cluster_column
from impact_pipeline.catalog.feature import LatestFeature
from impact_pipeline.catalog.plan import ColumnSegment, EvaluationPlan, ExposureRule, FeatureSegment, StudySegment
from impact_pipeline.catalog.references import (
    Breach,
    compiles,
    delivered,
    has_column,
    has_time_column,
    identifies,
    refer,
    refer_dataset,
)
from impact_pipeline.catalog.strict_yaml import Path


def units_are_known(catalog: Catalog, key: Key, plan: EvaluationPlan) -> Iterator[Breach]:
    """Contacts, and assignments where they are apart, can be read; what splits units can be too."""
    yield from _contacts(catalog, key, plan, "exposure", plan.exposure)
    if plan.assignment is not None:
        yield from _contacts(catalog, key, plan, "assignment", plan.assignment)
    for name, segment in plan.segments.items():
        if isinstance(segment, FeatureSegment):
            yield from _segment_feature(catalog, key, name, segment, plan)
        elif isinstance(segment, StudySegment):
            yield from _segment_study(catalog, key, name, segment.study, plan)
    if isinstance(plan.design, SwitchbackDesign):
        yield from _within_blocks(catalog, key, plan)
    if isinstance(plan.design, HoldoutDesign):
        yield from _held_back(catalog, key, plan, plan.design.holds_back)


def _contacts(catalog: Catalog, key: Key, plan: EvaluationPlan, field: str, rule: ExposureRule) -> Iterator[Breach]:
    contract = catalog.contracts.get(rule.dataset)
    if contract is None or not delivered(catalog, rule.dataset):
        yield from refer_dataset(catalog, key, (field, "dataset"), rule.dataset)
        return
    yield from identifies(key, contract, plan.entity)
    yield from has_column(key, (field, "arm_column"), contract, rule.arm_column)
    yield from has_time_column(key, (field, "exposed_at"), contract, rule.exposed_at, "exposed_at")
    if rule.filter is not None:
        yield from compiles(catalog, key, (field, "filter"), rule.dataset, rule.filter, "condition")
    for segment, definition in plan.segments.items():
        if isinstance(definition, ColumnSegment):
            yield from has_column(key, ("segments", segment, "column"), contract, definition.column)
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


def _within_blocks(catalog: Catalog, key: Key, plan: EvaluationPlan) -> Iterator[Breach]:
    """A block's own events lie within two days, and a wash-out is taken from rows, not from whole days."""
    for index, use in enumerate(plan.metrics):
        metric = catalog.metrics.get(use.metric)
        if metric is None:
            continue
        path: Path = ("metrics", index, "metric")
        window = use.window or metric.window
        if window.start_day > 0 or window.last_day > 1:
            yield key, path, f"'{use.name}' reads days after a block; give it a window of 1 or 2 days from day 0"
        if metric.covariates:
            yield key, path, f"'{use.name}' has covariates, which blocks do not; use one without"
        for rows in (rows for _, rows in metric.inputs if rows.fact in catalog.facts):
            if catalog.facts[rows.fact].fold == "unit_days":
                yield key, path, f"fact '{rows.fact}' is folded into days, which hides a wash-out; fold it 'direct'"


def _held_back(catalog: Catalog, key: Key, plan: EvaluationPlan, names: tuple[str, ...]) -> Iterator[Breach]:
    for index, name in enumerate(names):
        path: Path = ("design", "holds_back", index)
        other = catalog.plans.get(name)
        if name in names[:index]:
            yield key, path, f"study '{name}' stands twice; remove one"
        elif other is None:
            yield from refer(catalog, key, path, "study", name)
        elif isinstance(other.design, HoldoutDesign):
            yield key, path, f"study '{name}' is a holdout, which ships nothing; name the studies whose changes ship"
        elif other.entity != plan.entity:
            yield key, path, f"study '{name}' is about a {other.entity}, this one about a {plan.entity}"


def _segment_feature(
    catalog: Catalog, key: Key, name: str, segment: FeatureSegment, plan: EvaluationPlan
) -> Iterator[Breach]:
    path: Path = ("segments", name, "feature")
    feature = catalog.features.get(segment.feature)
    if feature is None:
        yield from refer(catalog, key, path, "feature", segment.feature)
    elif not isinstance(feature, LatestFeature) or feature.entity != plan.entity:
        message = f"feature '{segment.feature}' must be of type 'latest' and about a {plan.entity} to split units"
        yield key, path, message


def _segment_study(catalog: Catalog, key: Key, name: str, study: str, plan: EvaluationPlan) -> Iterator[Breach]:
    path: Path = ("segments", name, "study")
    other = catalog.plans.get(study)
    if study == plan.name:
        yield key, path, f"'{study}' is this study; name another that runs at the same time"
    elif other is None:
        yield from refer(catalog, key, path, "study", study)
    elif other.entity != plan.entity:
        yield key, path, f"study '{study}' is about a {other.entity}, this one about a {plan.entity}"
    elif other.ends < plan.starts or plan.ends < other.starts:
        dates = f"from {other.starts} to {other.ends}"
        yield key, path, f"study '{study}' enrols {dates}, on no day of this one; remove the segment"
