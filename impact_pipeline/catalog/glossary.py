"""What every name of the catalog means, in plain words: its version, what changed, who answers for it, who uses it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import singledispatch
from typing import Any

from impact_pipeline.catalog.catalog import Catalog, DocumentKind, Key
from impact_pipeline.catalog.contract import Contract
from impact_pipeline.catalog.fact import Fact
from impact_pipeline.catalog.feature import LatestFeature, LearntFeature, SumFeature
from impact_pipeline.catalog.feature_inputs import dataset_of
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.model import MlModel
from impact_pipeline.catalog.reached import reached
from impact_pipeline.errors import InputError

KINDS: tuple[DocumentKind, ...] = ("metric", "feature", "fact", "model", "contract")


@dataclass(frozen=True, slots=True)
class Term:
    """`definition` is how it is computed, `description` what its author says of it.

    `used_by` are studies that rest on it, and documents that name it.
    """

    kind: DocumentKind
    name: str
    label: str
    definition: str
    description: str
    owner: str
    version: str
    change_log: tuple[str, ...]
    used_by: tuple[Key, ...]

    def as_plain(self) -> dict[str, Any]:
        return {**asdict(self), "used_by": [f"{kind} {name}" for kind, name in self.used_by]}


def glossary(catalog: Catalog) -> tuple[Term, ...]:
    """Every sound document that has a meaning of its own, by kind and name."""
    used = _uses(catalog)
    return tuple(
        _term(catalog, kind, name, document, used.get((kind, name), ()))
        for kind in KINDS
        for name, document in sorted(catalog.of_kind(kind).items())
    )


def terms_named(catalog: Catalog, name: str) -> tuple[Term, ...]:
    """Those of this name, of whatever kind; raises `InputError` where there is none."""
    terms = glossary(catalog)
    found = tuple(term for term in terms if term.name == name)
    if not found:
        near = get_close_matches(name, dict.fromkeys(term.name for term in terms), n=3)
        told = f"; near to it are {', '.join(near)}" if near else "; `impact glossary` lists all"
        raise InputError(f"the catalog has no metric, feature, fact, model or contract '{name[:60]}'{told}")
    return found


def _term(catalog: Catalog, kind: DocumentKind, name: str, document: Any, used_by: Iterable[Key]) -> Term:
    said = document.description if isinstance(document.description, str) else document.description.purpose
    version = document.versions[-1].version if isinstance(document, MlModel) else str(document.version)
    return Term(
        kind, name, getattr(document, "label", name), in_words(document, catalog), said, document.owner, version,
        document.change_log, tuple(sorted(set(used_by))),
    )  # fmt: skip


def _uses(catalog: Catalog) -> Mapping[Key, list[Key]]:
    """Document -> who uses it."""
    found: dict[Key, list[Key]] = {}
    for user, used in (*_by_studies(catalog), *_by_documents(catalog)):
        if used != user:
            found.setdefault(used, []).append(user)
    return found


def _by_studies(catalog: Catalog) -> Iterator[tuple[Key, Key]]:
    for name in catalog.plans:
        yield from ((("study", name), used) for used in reached(catalog.study(name)) if used[0] != "study")


def _by_documents(catalog: Catalog) -> Iterator[tuple[Key, Key]]:
    for name, metric in catalog.metrics.items():
        user: Key = ("metric", name)
        yield from ((user, ("metric", part)) for part in metric.parts)
        yield from ((user, ("feature", feature)) for feature in metric.covariates)
        yield from ((user, ("fact", rows.fact)) for _, rows in metric.inputs)
    for name, feature in catalog.features.items():
        user = ("feature", name)
        yield user, ("contract", dataset_of(catalog, feature))
        if isinstance(feature, LearntFeature):
            yield from ((user, ("feature", one)) for one in feature.inputs)
            yield user, ("fact", feature.target.fact)
    yield from ((("fact", name), ("contract", fact.dataset)) for name, fact in catalog.facts.items())


@singledispatch
def in_words(document: object, catalog: Catalog) -> str:
    """How a document's values come about."""
    raise TypeError(f"no words for {type(document).__name__}")


@in_words.register
def _(document: Metric, catalog: Catalog) -> str:
    parts = (document, *catalog.parts_of(document).values())
    entity = next((catalog.facts[rows.fact].entity for one in parts for _, rows in one.inputs), "unit")
    filters = dict.fromkeys(f", {rows.fact} where {rows.filter}" for _, rows in document.inputs if rows.filter)
    formula = f"{document.formula_in_words(entity)}{''.join(filters)}"
    return f"{formula}, {document.window} from exposure; {document.better} is better"


@in_words.register
def _(document: Fact, catalog: Catalog) -> str:
    measures = "; ".join(f"{name} ({one.unit}): {one.expression}" for name, one in document.measures.items())
    return f"rows of {document.dataset}, each about one {document.entity}; {measures}"


@in_words.register
def _(document: SumFeature, catalog: Catalog) -> str:
    return f"the sum of {document.expression} ({document.unit}){_before(document)}"


@in_words.register
def _(document: LatestFeature, catalog: Catalog) -> str:
    return f"the newest {document.expression}{_before(document)}"


@in_words.register
def _(document: LearntFeature, catalog: Catalog) -> str:
    target = f"{document.target.fact}.{document.target.measure}"
    expected = f"what a model expects of a {document.entity}'s {target} ({document.unit})"
    return f"{expected} in the next {document.horizon_days} days, learnt from {', '.join(document.inputs)}"


@in_words.register
def _(document: MlModel, catalog: Catalog) -> str:
    return f"a model of {document.product_area}, with versions {', '.join(one.version for one in document.versions)}"


@in_words.register
def _(document: Contract, catalog: Catalog) -> str:
    return f"a dataset with columns {', '.join(document.by_name)}"


def _before(feature: SumFeature | LatestFeature) -> str:
    where = f" where {feature.filter}" if feature.filter else ""
    return f" over a {feature.entity}'s rows of {feature.dataset}{where}, in the {feature.lookback_days} days before"
