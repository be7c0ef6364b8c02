"""Results: append-only JSON records named by their content, and a pointer to the current one of each kind."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from impact_pipeline.errors import LakeError
from impact_pipeline.lake.files import write_atomically

T = TypeVar("T")

FINDINGS, ESTIMATES, SCORECARD = "findings", "estimates", "scorecard"
MARGINS = "margins"
"""Kinds of results: what a look concluded, and the counts behind its numbers."""


def read_typed(content: bytes, type_: type[T]) -> T:
    """A value from its JSON."""
    kind: Any = type_
    value: T = _adapter(kind).validate_json(content)
    return value


def as_plain(value: Any) -> Any:
    """A typed value as JSON holds it."""
    kind: Any = type(value)
    return _adapter(kind).dump_python(value, mode="json")


@cache
def _adapter(type_: Any) -> TypeAdapter[Any]:
    """Made once a type: that of a scorecard takes ten times as long to make as to use."""
    return TypeAdapter(type_)


@dataclass(frozen=True, slots=True)
class Record(Generic[T]):
    """One stored result: `digest` is of its content, so equal numbers have equal digests."""

    value: T
    digest: str
    as_of: date
    path: Path


@dataclass(frozen=True, slots=True)
class Results:
    """All results below `root`: `<study>/<as_of>/<kind>-<digest>.json`, and `<study>/current-<kind>.json`."""

    root: Path

    def add(self, study: str, kind: str, as_of: date, value: T, *, made_from: str = "", meaning: str = "") -> Record[T]:
        """Store a value and point to it, with the digests of its inputs and of what its documents mean.

        The same value on one date is stored once.
        """
        content = canonical_json(value)
        digest = hashlib.sha256(content).hexdigest()
        path = self.root / study / as_of.isoformat() / f"{kind}-{digest[:16]}.json"
        if not path.exists() or path.read_bytes() != content:
            write_atomically(path, content)
        place = {"digest": digest, "path": str(path.relative_to(self.root))}
        pointer = {"as_of": as_of.isoformat(), "made_from": made_from, **place}
        pointer |= {"meaning": meaning} if meaning else {}
        write_atomically(self._pointer(study, kind), json.dumps(pointer, sort_keys=True).encode())
        return Record(value, digest, as_of, path)

    def current(self, study: str, kind: str, type_: type[T]) -> Record[T]:
        """What the pointer names; raises `LakeError` when there is none or its content was changed."""
        pointer_path = self._pointer(study, kind)
        if not pointer_path.exists():
            raise LakeError(f"study/{kind} of '{study}' has not been materialized yet; materialize it first")
        pointer = json.loads(pointer_path.read_bytes())
        path = self.root / pointer["path"]
        content = path.read_bytes() if path.exists() else b""
        digest = hashlib.sha256(content).hexdigest()
        if digest != pointer["digest"]:
            fault = "was changed after it was written" if content else "is gone"
            raise LakeError(f"{pointer['path']}: the content {fault}; materialize study/{kind} of '{study}' again")
        return Record(read_typed(content, type_), digest, date.fromisoformat(pointer["as_of"]), path)

    def pointer(self, study: str, kind: str) -> dict[str, str]:
        """Date, digest, path and inputs' digest of the current result; empty when there is none."""
        path = self._pointer(study, kind)
        return dict(json.loads(path.read_bytes())) if path.exists() else {}

    def before(self, study: str, kind: str, as_of: date, type_: type[T]) -> T | None:
        """The result last written for the newest date before `as_of`; None when there is none."""
        earlier = [
            path for path in (self.root / study).glob(f"*/{kind}-*.json") if path.parent.name < as_of.isoformat()
        ]
        newest = max(earlier, key=lambda path: (path.parent.name, path.stat().st_mtime_ns), default=None)
        return None if newest is None else read_typed(newest.read_bytes(), type_)

    def studies(self, kind: str) -> tuple[str, ...]:
        """Studies that have a current result of this kind, in order."""
        return tuple(sorted(path.parent.name for path in self.root.glob(f"*/current-{kind}.json")))

    def _pointer(self, study: str, kind: str) -> Path:
        return self.root / study / f"current-{kind}.json"


def canonical_json(value: Any) -> bytes:
    """JSON of a typed value with sorted keys; floats round-trip, NaN and infinities raise."""
    return json.dumps(as_plain(value), sort_keys=True, indent=1, allow_nan=False).encode() + b"\n"
