"""What a registration binds: a plan and every document that its verdict is read by, each named by its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.fact import Fact
from impact_pipeline.catalog.identity import canonical, digest
from impact_pipeline.catalog.load import FOLDERS, document_adapter
from impact_pipeline.catalog.meaning import definition
from impact_pipeline.catalog.reached import reached
from impact_pipeline.errors import LakeError
from impact_pipeline.lake.files import write_atomically

BOUND = frozenset({"study", "metric", "fact", "feature", "contract", "model"})
"""Kinds of documents that a registration binds: not where rows come from, nor the plans of other studies."""

UNREAD = ("contract", "model")
"""Kinds of which a look reads nothing itself."""

Contents = Mapping[str, Mapping[str, Any]]
"""'<kind> <name>', such as 'metric orders_per_user' -> the document as plain JSON."""

Digests = Mapping[str, str]
"""The same names -> SHA-256 of the document's canonical JSON."""


def documents_of(study: Study) -> Contents:
    """The plan, and the metrics, facts, features, contracts and the model that it names, with what these rest on."""
    bound = {(kind, name) for kind, name in reached(study) if kind in BOUND}
    bound -= {("study", name) for name in study.other_studies}
    return {f"{kind} {name}": _plain(study, study.catalog.of_kind(kind)[name]) for kind, name in sorted(bound)}


def meaning_of(study: Study) -> str:
    """The digest of all in the documents that a look rests on, and not of what is only shown.

    Which rows a contract lets in shows in the fingerprints of the days that were read.
    """
    contents = documents_of(study)
    kinds = {name: name.partition(" ")[0] for name in contents}
    read = {name: definition(kind, contents[name]) for name, kind in kinds.items() if kind not in UNREAD}
    return digest("meaning/1", read)


def digests_of(contents: Contents) -> Digests:
    return {name: hashlib.sha256(canonical(content)).hexdigest() for name, content in contents.items()}


@dataclass(frozen=True, slots=True)
class KeptDocuments:
    """Registered documents of a home by content, in `<home>/ledger/documents/<sha256>.json`."""

    home: Path

    def keep(self, contents: Contents) -> Digests:
        """Store them; on disk on return."""
        digests = digests_of(contents)
        for name, mark in digests.items():
            if not self._file(mark).exists():
                write_atomically(self._file(mark), canonical(contents[name]))
        return digests

    def read(self, digests: Digests) -> Contents:
        """What was kept, with the defaults of fields that documents have got since; raises `LakeError` at a fault."""
        for fault in self.faults(digests):
            raise LakeError(f"{fault}; restore ledger/documents from a copy")
        return {name: _as_read_now(name, self._file(mark).read_bytes()) for name, mark in digests.items()}

    def plain(self, digests: Digests) -> Contents:
        """The same as it was kept."""
        for fault in self.faults(digests):
            raise LakeError(f"{fault}; restore ledger/documents from a copy")
        return {name: json.loads(self._file(digest).read_bytes()) for name, digest in digests.items()}

    def faults(self, digests: Digests) -> Iterator[str]:
        """Documents that are gone or no longer what was registered."""
        for name, mark in digests.items():
            path = self._file(mark)
            if not path.exists():
                yield f"ledger/documents/{path.name}, registered as {name}, is gone"
            elif hashlib.sha256(path.read_bytes()).hexdigest() != mark:
                yield f"ledger/documents/{path.name}, registered as {name}, was changed after it was written"

    def _file(self, mark: str) -> Path:
        return self.home / "ledger" / "documents" / f"{mark}.json"


def _plain(study: Study, document: BaseModel) -> Mapping[str, Any]:
    """Of a fact only the measures that the study reads: others may come and go."""
    content = document.model_dump(mode="json", by_alias=True)
    if isinstance(document, Fact):
        content["measures"] = {name: m for name, m in content["measures"].items() if name in _read(study, document)}
    return content


def _read(study: Study, fact: Fact) -> set[str]:
    readings = [reading for _, reading in study.readings]
    readings += [metric.readings(study.catalog.parts_of(metric))[0] for metric in study.metrics_beside.values()]
    totals = (total for reading in readings for total in reading.totals if fact.name in total.facts)
    return {measure for total in totals if (measure := getattr(total, "measure", None)) is not None}


def _as_read_now(name: str, text: bytes) -> Mapping[str, Any]:
    kind = next(kind for kind in FOLDERS.values() if name.startswith(f"{kind} "))
    try:
        document = document_adapter(kind).validate_json(text, strict=True)
    except ValidationError:
        found: Mapping[str, Any] = json.loads(text)
        return found
    plain: Mapping[str, Any] = document.model_dump(mode="json", by_alias=True)
    return plain
