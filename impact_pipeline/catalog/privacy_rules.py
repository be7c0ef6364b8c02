"""What a plan may split or choose its units by: nothing sensitive without sign-off, no quasi-identifier as it is."""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.catalog.catalog import Catalog, Key
from impact_pipeline.catalog.contract import Contract
from impact_pipeline.catalog.expressions import Kind, Rejected
from impact_pipeline.catalog.feature import LatestFeature
from impact_pipeline.catalog.plan import ColumnSegment, EvaluationPlan, FeatureSegment
from impact_pipeline.catalog.references import Breach
from impact_pipeline.catalog.strict_yaml import Path

Used = tuple[Path, str, str]
"""(field of the plan, dataset, column)."""

SIGN_OFF = "`governance: {privacy: true}`"


def privacy_is_kept(catalog: Catalog) -> Iterator[Breach]:
    """Every plan's segments and the filters by which it chooses units."""
    for name, plan in catalog.plans.items():
        for path, dataset, column in _used(catalog, plan):
            contract = catalog.contracts.get(dataset)
            if contract is not None and column in contract.by_name:
                yield from _kept(("study", name), path, plan, contract, column)


def _kept(key: Key, path: Path, plan: EvaluationPlan, contract: Contract, name: str) -> Iterator[Breach]:
    role, where = contract.by_name[name].role, f"column '{name}' of '{contract.name}'"
    if role == "sensitive" and not (plan.governance and plan.governance.privacy):
        yield key, path, f"{where} is sensitive; ask for the privacy sign-off with {SIGN_OFF}, or use another"
    if role == "quasi_identifier" and path[-1] == "column":
        coarser = "split by a `latest` feature whose CASE puts its values into few groups"
        yield key, path, f"{where} is a quasi-identifier and is no segment as it stands; {coarser}"


def _used(catalog: Catalog, plan: EvaluationPlan) -> Iterator[Used]:
    rules = {"exposure": plan.exposure, **({"assignment": plan.assignment} if plan.assignment else {})}
    for field, rule in rules.items():
        yield from _columns(catalog, (field, "filter"), rule.dataset, rule.filter, "condition")
        for name, segment in plan.segments.items():
            if isinstance(segment, ColumnSegment):
                yield ("segments", name, "column"), rule.dataset, segment.column
    for name, segment in plan.segments.items():
        feature = catalog.features.get(segment.feature) if isinstance(segment, FeatureSegment) else None
        if isinstance(feature, LatestFeature):
            path: Path = ("segments", name, "feature")
            yield from _columns(catalog, path, feature.dataset, feature.expression, "category")
            yield from _columns(catalog, path, feature.dataset, feature.filter, "condition")


def _columns(catalog: Catalog, path: Path, dataset: str, text: str | None, kind: Kind) -> Iterator[Used]:
    """Columns that an expression reads; one that does not compile is told of where it is written."""
    if text is None or dataset not in catalog.contracts:
        return
    try:
        read = catalog.compile(dataset, text, kind).columns
    except Rejected:
        return
    yield from ((path, dataset, column) for column in read)
