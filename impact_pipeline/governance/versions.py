"""Whether a document that means another thing than it did says so by its version.

What counts is what the ledger bound last under the same name and version, for whichever study.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impact_pipeline.catalog.catalog import Catalog, DocumentKind
from impact_pipeline.catalog.contract import CHANGE_LOG
from impact_pipeline.catalog.issues import Issue
from impact_pipeline.errors import InputError
from impact_pipeline.governance.entries import Entry
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_diff import changes
from impact_pipeline.governance.plan_documents import Contents, KeptDocuments

VERSIONED: tuple[DocumentKind, ...] = ("metric", "fact", "feature", "contract")
"""Kinds whose documents say which version they are; of a model each version is told apart already."""

LOG, LOGS = "a line to `change_log`", {"contract": "an `impact.changeLog.<version>` to its customProperties"}
LISTED_FIELDS = 3


@dataclass(frozen=True, slots=True)
class VersionFault:
    """`kept`: it differs in data or statistic from what was bound under its version, and is not bound again.

    Else it has a new version of which its change log says nothing, which is only warned of.
    """

    kind: DocumentKind
    name: str
    field: str
    told: str
    kept: bool = True

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.told}"


def version_faults(home: Path, contents: Contents) -> tuple[VersionFault, ...]:
    """Of these documents, those whose version does not say that they changed, or whose log does not say how."""
    bound = _bound(Ledger(home).of_events("registration", "amendment"))
    kept = KeptDocuments(home)
    found = (
        _fault(kept, document, contents[document], bound[document]) for document in sorted(contents.keys() & bound)
    )
    return tuple(fault for fault in found if fault is not None)


def refuse_kept_versions(home: Path, contents: Contents) -> None:
    """Raise `InputError` with every document that changed under its version."""
    kept = [str(fault) for fault in version_faults(home, contents) if fault.kept]
    if kept:
        raise InputError("\n".join(kept))


def version_warnings(home: Path, catalog: Catalog) -> tuple[Issue, ...]:
    """Faults of the whole catalog, each where it is written."""
    found = version_faults(home, versioned_documents(catalog))
    located = (
        catalog.origins[one.kind, one.name].issue(tuple(one.field.split(".")), one.told, "warning") for one in found
    )
    return tuple(sorted(located))


def versioned_documents(catalog: Catalog) -> Contents:
    """Every sound document of a kind that has versions."""
    return {
        f"{kind} {name}": document.model_dump(mode="json", by_alias=True)
        for kind in VERSIONED
        for name, document in catalog.of_kind(kind).items()
    }


def _fault(
    kept: KeptDocuments, document: str, now: Mapping[str, Any], bound: Mapping[str, str]
) -> VersionFault | None:  # fmt: skip
    kind = next((kind for kind in VERSIONED if document.startswith(f"{kind} ")), None)
    if kind is None:
        return None
    name, before = document.partition(" ")[2], _as_bound(kept, document, bound, _version(now))
    if before is None:
        return _unlogged(kind, name, now, *_last(kept, document, bound))
    edits = changes({document: before[0]}, {document: _comparable(before[0], now)})
    fields = [edit.field for edit in edits if edit.part != "display"]
    return _kept(kind, name, fields, _version(now), before[1]) if fields else None


def _kept(kind: DocumentKind, name: str, fields: Sequence[str], version: str, study: str) -> VersionFault:
    more = f" and {len(fields) - LISTED_FIELDS} more" if len(fields) > LISTED_FIELDS else ""
    changed = ", ".join(f"`{field}`" for field in fields[:LISTED_FIELDS])
    since = f"changed {changed}{more} since version {version} was registered by study {study}"
    return VersionFault(kind, name, fields[0], f"{since}: raise `version` and add {LOGS.get(kind, LOG)}")


def _unlogged(
    kind: DocumentKind, name: str, now: Mapping[str, Any], before: Mapping[str, Any], study: str
) -> VersionFault | None:  # fmt: skip
    if _log(now) != _log(before):
        return None
    told = f"is version {_version(now)} and was {_version(before)} when study {study} registered it: add"
    return VersionFault(kind, name, "version", f"{told} {LOGS.get(kind, LOG)}", kept=False)


def _log(content: Mapping[str, Any]) -> list[str]:
    named = [one["property"] for one in content.get("customProperties", ())]
    return [*content.get("change_log", ()), *(name for name in named if name.startswith(CHANGE_LOG))]


def _last(kept: KeptDocuments, document: str, bound: Mapping[str, str]) -> tuple[Mapping[str, Any], str]:
    mark, study = list(bound.items())[-1]
    return kept.read({document: mark})[document], study


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
