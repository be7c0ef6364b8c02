"""Units that were erased, as keyed hashes: what keeps them out when they are delivered again.

A hash is of another domain than the pseudonym and cannot be turned into it. It is under the key of each epoch that was
at hand when the unit was erased; where none of these keys is left, nobody can tell the unit any more, nor keep it out.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from impact_pipeline.governance.pseudonyms import SecretKey
from impact_pipeline.lake.files import locked, write_atomically

_DOMAIN = b"impact-pipeline deny list"
_BYTES = 16

Marks = Mapping[str, frozenset[str]]
"""Epoch -> marks under its key."""


def mark_of(id_: str, entity: str, key: SecretKey) -> str:
    """The mark of an id in hexadecimal digits."""
    own = hmac.digest(key.value, _DOMAIN, "sha256")
    return hmac.digest(own, f"{entity}\0{id_}".encode(), "sha256")[:_BYTES].hex()


@dataclass(frozen=True, slots=True)
class DenyList:
    """Of one home, in `<home>/ledger/erased_units.json`: beside the ledger, so that no restored lake undoes it."""

    home: Path

    def marks(self, entity: str) -> Marks:
        return {epoch: frozenset(marks) for epoch, marks in self._read().get(entity, {}).items()}

    def add(self, entity: str, marks: Mapping[str, Iterable[str]]) -> None:
        """Durable on return; what is there already stays once."""
        with locked(self._path.with_suffix(".lock")):
            known = self._read()
            held = known.setdefault(entity, {})
            for epoch, found in marks.items():
                held[epoch] = sorted({*held.get(epoch, ()), *found})
            write_atomically(self._path, json.dumps(known, sort_keys=True, indent=1).encode())

    def _read(self) -> dict[str, dict[str, list[str]]]:
        return dict(json.loads(self._path.read_bytes())) if self._path.exists() else {}

    @property
    def _path(self) -> Path:
        return self.home / "ledger" / "erased_units.json"


@dataclass(frozen=True, slots=True)
class Denied:
    """The erased units of one entity, as far as the keys at hand tell them."""

    entity: str
    marks: Marks
    keys: Mapping[str, SecretKey]

    @property
    def untold(self) -> int:
        """Marks whose keys are not at hand."""
        return sum(len(marks) for epoch, marks in self.marks.items() if epoch not in self.keys)

    def among(self, ids: pa.Array) -> pa.Array:
        """Which ids are of erased units; a missing id is of none."""
        told = {epoch: marks for epoch, marks in self.marks.items() if epoch in self.keys and marks}
        distinct = pc.dictionary_encode(ids.cast(pa.string()))
        hits = [
            any(mark_of(i, self.entity, self.keys[e]) in told[e] for e in told) for i in distinct.dictionary.to_pylist()
        ]
        return pc.fill_null(pa.array(hits, pa.bool_()).take(distinct.indices), False)


def rows_of(masks: Iterable[pa.Array], rows: int) -> pa.Array:
    """Rows in which any of the masks holds."""
    return reduce(pc.or_, masks, pa.repeat(pa.scalar(False), rows))
