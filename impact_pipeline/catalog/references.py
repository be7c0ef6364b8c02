"""What rules of every kind of document ask of what it refers to."""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.catalog.catalog import Catalog, DocumentKind, Key
from impact_pipeline.catalog.contract import Contract
from impact_pipeline.catalog.expressions import Kind, Rejected
from impact_pipeline.catalog.metrics.base import Rows
from impact_pipeline.catalog.strict_yaml import Path

Breach = tuple[Key, Path, str]
"""(document, field, message)."""


def refer(catalog: Catalog, key: Key, path: Path, kind: DocumentKind, name: str) -> Iterator[Breach]:
    """A breach unless there is a sound document of that kind and name."""
    if name in catalog.of_kind(kind):
        return
    if (kind, name) in catalog.broken:
        where = catalog.broken[kind, name][0]
        yield key, path, f"{kind} '{name}' has faults of its own ({where.file}:{where.line}); mend them first"
        return
    known = ", ".join(sorted(catalog.of_kind(kind))) or "none yet"
    kinds = "studies" if kind == "study" else f"{kind}s"
    yield key, path, f"there is no {kind} '{name}'; {kinds} are {known}; correct the name or add the document"


def refer_dataset(catalog: Catalog, key: Key, path: Path, dataset: str) -> Iterator[Breach]:
    """A breach unless the dataset has a contract and a source."""
    if dataset in catalog.contracts:
        yield key, path, f"no source delivers dataset '{dataset}'; list it under a source's `datasets`"
    yield from refer(catalog, key, path, "contract", dataset)


def delivered(catalog: Catalog, dataset: str) -> bool:
    return any(dataset in source.datasets for source in catalog.sources.values())


def identifies(key: Key, contract: Contract, entity: str) -> Iterator[Breach]:
    if contract.identifier_of(entity) is None:
        known = sorted({str(c.entity) for c in contract.columns if c.role == "identifier"})
        message = f"dataset '{contract.name}' identifies no {entity}; its entities are {', '.join(known) or 'none'}"
        yield key, ("entity",), message


def has_column(key: Key, path: Path, contract: Contract, name: str) -> Iterator[Breach]:
    """A breach unless the column is there and not an identifier."""
    if name not in contract.by_name:
        columns = ", ".join(contract.by_name)
        yield key, path, f"dataset '{contract.name}' has no column '{name}'; columns are {columns}"
    elif contract.by_name[name].role == "identifier":
        yield key, path, f"column '{name}' is an identifier and cannot be used here"


def has_time_column(key: Key, path: Path, contract: Contract, name: str, field: str) -> Iterator[Breach]:
    column = contract.by_name.get(name)
    if column is None:
        yield key, path, f"{field} names '{name}'; dataset '{contract.name}' has columns {', '.join(contract.by_name)}"
    elif column.physicalType != "TIMESTAMPTZ":
        message = f"{field} '{name}' is {column.physicalType}; it must be TIMESTAMPTZ (an instant, not a local time)"
        yield key, path, message


def compiles(catalog: Catalog, key: Key, path: Path, dataset: str, text: str, kind: Kind) -> Iterator[Breach]:
    """A breach unless the expression compiles over the dataset."""
    try:
        catalog.compile(dataset, text, kind)
    except Rejected as rejected:
        yield key, path, f"{rejected}; over dataset '{dataset}'"


def rows_are_read(catalog: Catalog, key: Key, path: Path, rows: Rows) -> Iterator[Breach]:
    """A breach unless the fact is there, with the measure if one is named, and the filter compiles."""
    fact = catalog.facts.get(rows.fact)
    if fact is None:
        yield from refer(catalog, key, (*path, "fact"), "fact", rows.fact)
        return
    measure = getattr(rows, "measure", None)
    if measure is not None and measure not in fact.measures:
        allowed = ", ".join(fact.measures)
        yield key, (*path, "measure"), f"fact '{fact.name}' has no measure '{measure}'; measures are {allowed}"
    if rows.filter is not None and fact.dataset in catalog.contracts:
        yield from compiles(catalog, key, (*path, "filter"), fact.dataset, rows.filter, "condition")
