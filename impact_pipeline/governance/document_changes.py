"""What changed between the documents that a result was made by and others: by field, with the part of its meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from impact_pipeline.catalog.reached import catalog_of
from impact_pipeline.governance.fields import changed_fields
from impact_pipeline.governance.plan_diff import Change, changes
from impact_pipeline.governance.plan_documents import Contents, documents_of

Kept = Mapping[str, Mapping[str, Any]]


def document_changes(study: str, before: Kept, after: Kept) -> tuple[Change, ...]:
    """Changes of what plans bind first; then of documents that stand behind them, such as sources and other plans."""
    bound, bound_now = _bound(study, before), _bound(study, after)
    return (*changes(bound, bound_now), *_behind(before, after, bound.keys() | bound_now.keys()))


def _bound(study: str, documents: Kept) -> Contents:
    return documents_of(catalog_of(documents).study(study))


def _behind(before: Kept, after: Kept, bound: Set[str]) -> Iterator[Change]:
    for name in sorted((before.keys() | after.keys()) - bound):
        for change in changed_fields(before.get(name), after.get(name)):
            yield Change(name, change.place or "document", "data", True, change.before, change.after)
