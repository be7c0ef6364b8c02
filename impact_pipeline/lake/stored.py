"""Every stored result, the current ones and those before them: found by name, read with their bytes checked."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from impact_pipeline.catalog.document import NAME_PATTERN
from impact_pipeline.errors import InputError, LakeError
from impact_pipeline.lake.files import write_atomically
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.pointers import read_pointer
from impact_pipeline.lake.results import read_typed

T = TypeVar("T")

DOCUMENTS = "documents"
SHORTEST_ID = 8


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A file of results: which study's, of which look, and where."""

    study: str
    as_of: date
    path: Path

    @property
    def place(self) -> str:
        """The file as it is told to people: below the folder of results."""
        return "/".join(("results", *self.path.parts[-3:]))

    def content(self) -> bytes:
        """Its bytes; raises `LakeError` when they are not what its name says."""
        content = self.path.read_bytes()
        if hashlib.sha256(content).hexdigest()[:16] != self.path.stem.rpartition("-")[2]:
            raise LakeError(f"{self.place}: the content was changed after it was written")
        return content

    def plain(self) -> dict[str, Any]:
        """Its content as JSON."""
        read: dict[str, Any] = json.loads(self.content())
        return read


def stored_results(lake: Lake, kind: str, study: str = "*") -> tuple[StoredResult, ...]:
    """Every result of a kind, by study, date and name."""
    paths = sorted(lake.results.root.glob(f"{study}/????-??-??/{kind}-*.json"))
    return tuple(StoredResult(p.parts[-3], date.fromisoformat(p.parts[-2]), p) for p in paths)


def find_result(lake: Lake, kind: str, reference: str) -> StoredResult:
    """The result that a person means: 'study' (the current one), 'study@2026-03-20', or a result's id or its beginning.

    Raises `InputError` when there is none, or more than one.
    """
    study, _, on = reference.partition("@")
    current = _current(lake, kind, study) if re.fullmatch(NAME_PATTERN, study) else None
    if current and on in ("", current.as_of.isoformat()):
        return current
    listed = stored_results(lake, kind)
    found = [one for one in listed if one.study == study and on and one.as_of.isoformat() == on]
    if not found and len(reference) >= SHORTEST_ID:
        found = [one for one in listed if _id_of(one).startswith(reference)]
    if len(found) == 1:
        return found[0]
    raise InputError(_told(lake, kind, reference, found))


def value_of(result: StoredResult, type_: type[T]) -> T:
    """The typed content; raises `LakeError` when its bytes were changed."""
    return read_typed(result.content(), type_)


def keep_documents(lake: Lake, study: str, content: bytes) -> str:
    """Keep the documents of a result, once each; returns the digest that finds them again."""
    digest = hashlib.sha256(content).hexdigest()
    path = _documents(lake, study, digest)
    if not path.exists() or path.read_bytes() != content:
        write_atomically(path, content)
    return digest


def kept_documents(lake: Lake, study: str, digest: str) -> dict[str, Any] | None:
    """The documents of that digest, None where they are not kept; raises `LakeError` when they were changed."""
    path = _documents(lake, study, digest)
    if not digest or not path.exists():
        return None
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise LakeError(f"results/{study}/{DOCUMENTS}/{path.name}: the content was changed after it was written")
    read: dict[str, Any] = json.loads(content)
    return read


def _current(lake: Lake, kind: str, study: str) -> StoredResult | None:
    pointer = read_pointer(lake, study, kind)
    if pointer is None:
        return None
    path = lake.results.root / pointer.path
    if not path.is_file():
        raise LakeError(f"results/{study}/current-{kind}.json: names {pointer.path}, which is not there")
    return StoredResult(study, date.fromisoformat(path.parent.name), path)


def _documents(lake: Lake, study: str, digest: str) -> Path:
    return lake.results.root / study / DOCUMENTS / f"{digest[:16]}.json"


def _id_of(result: StoredResult) -> str:
    return str(result.plain().get("provenance", {}).get("result_id", ""))


def _told(lake: Lake, kind: str, reference: str, found: list[StoredResult]) -> str:
    if found:
        ids = ", ".join(f"{_id_of(one)} ({one.study}@{one.as_of})" for one in found)
        return f"'{reference[:60]}' names {len(found)} results: {ids}; give the id of one"
    studies = ", ".join(lake.results.studies(kind)) or "none yet"
    return f"there is no result '{reference[:60]}'; give a study ({studies}), study@date, or the id of a result"
