"""Whether a document that means another thing than it did says so by its version.

What counts is what the ledger bound last under the same name and version, for whichever study.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impact_pipeline.catalog.catalog import Catalog, DocumentKind, Key
from impact_pipeline.catalog.issues import Issue
from impact_pipeline.governance.entries import Entry
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_diff import changes
from impact_pipeline.governance.plan_documents import Contents, KeptDocuments

VERSIONED: tuple[DocumentKind, ...] = ("metric", "fact", "feature", "contract")
"""Kinds whose documents say which version they are; of a model each version is told apart already."""

LOGS = {"contract": "an `impact.changeLog.<version>` to its customProperties"}
LISTED_FIELDS = 3


@dataclass(frozen=True, slots=True)
class Unversioned:
    """A document that differs in data or statistic from what `study` bound under the same version."""

    kind: DocumentKind
    name: str
    version: str
    fields: tuple[str, ...]
    study: str

    @property
    def key(self) -> Key:
        return self.kind, self.name

    @property
    def told(self) -> str:
        more = f" and {len(self.fields) - LISTED_FIELDS} more" if len(self.fields) > LISTED_FIELDS else ""
        changed = ", ".join(f"`{field}`" for field in self.fields[:LISTED_FIELDS])
        since = f"changed {changed}{more} since version {self.version} was registered by study {self.study}"
        return f"{since}: raise `version` and add {LOGS.get(self.kind, 'a line to `change_log`')}"

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.told}"


def unversioned(home: Path, contents: Contents) -> tuple[Unversioned, ...]:
    """Of these documents, those that changed their meaning and kept their version."""
    entries = Ledger(home).of_events("registration", "amendment")
    return tuple(_unversioned(home, contents, entries))


def version_warnings(home: Path, catalog: Catalog) -> tuple[Issue, ...]:
    """The same of the whole catalog, each where it is written."""
    found = unversioned(home, versioned_documents(catalog))
    located = (catalog.origins[one.key].issue(tuple(one.fields[0].split(".")), one.told, "warning") for one in found)
    return tuple(sorted(located))


def versioned_documents(catalog: Catalog) -> Contents:
    """Every sound document of a kind that has versions."""
    return {
        f"{kind} {name}": document.model_dump(mode="json", by_alias=True)
        for kind in VERSIONED
        for name, document in catalog.of_kind(kind).items()
    }


def _unversioned(home: Path, contents: Contents, entries: Iterable[Entry]) -> Iterator[Unversioned]:
    bound = _bound(entries)
    for document in sorted(contents):
        kind = next((kind for kind in VERSIONED if document.startswith(f"{kind} ")), None)
        if kind is None or document not in bound:
            continue
        now = contents[document]
        found = _as_bound(KeptDocuments(home), document, bound[document], _version(now))
        if found is None:
            continue
        before, study = found
        edits = changes({document: before}, {document: _comparable(before, now)})
        fields = tuple(edit.field for edit in edits if edit.part != "display")
        if fields:
            yield Unversioned(kind, document.partition(" ")[2], _version(now), fields, study)


def _bound(entries: Iterable[Entry]) -> Mapping[str, Mapping[str, str]]:
    """Document -> its contents that were ever bound, by digest, each with the study that bound it last; in order."""
    found: dict[str, dict[str, str]] = {}
    for entry in entries:
        for document, mark in entry.payload["documents"].items():
            known = found.setdefault(document, {})
            known.pop(mark, None)
            known[mark] = str(entry.study)
    return found


def _as_bound(
    kept: KeptDocuments, document: str, bound: Mapping[str, str], version: str
) -> tuple[Mapping[str, Any], str] | None:  # fmt: skip
    """What was bound last under a version, and by whom; of a fact, what was bound last of each measure."""
    last: tuple[Mapping[str, Any], str] | None = None
    for mark, study in bound.items():
        content = kept.read({document: mark})[document]
        if _version(content) != version:
            continue
        if last is not None and "measures" in content:
            content = {**content, "measures": {**last[0]["measures"], **content["measures"]}}
        last = content, study
    return last


def _comparable(before: Mapping[str, Any], now: Mapping[str, Any]) -> Mapping[str, Any]:
    """A study binds the measures that it reads: of others nothing is known."""
    if "measures" not in now:
        return now
    measures = {name: now["measures"].get(name, measure) for name, measure in before["measures"].items()}
    return {**now, "measures": measures}


def _version(content: Mapping[str, Any]) -> str:
    return str(content.get("version", 1))
