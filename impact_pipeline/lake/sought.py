"""A unit as files may hold it: raw ids as text, pseudonyms as whole numbers and as text."""

from __future__ import annotations

import html
import json
import mmap
import re
import struct
from dataclasses import dataclass
from functools import reduce
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

SHORTEST = 6
"""Characters from which on an id is searched for as text: a shorter one stands in many places by chance."""

_WORD = rb"0-9A-Za-z_"


@dataclass(frozen=True, slots=True, repr=False)
class Sought:
    """Never shown, not even by an accident of formatting."""

    ids: tuple[str, ...]
    pseudonyms: tuple[int, ...]

    def __repr__(self) -> str:
        return "Sought(hidden)"

    @property
    def telling(self) -> tuple[str, ...]:
        """Ids that are long enough to be searched for as text."""
        return tuple(id_ for id_ in self.ids if len(id_) >= SHORTEST)

    def rows(self, rows: pa.Table) -> pa.Array:
        """Which rows are the unit's: a value of theirs is its pseudonym or its id, as number or text."""
        masks = [self._equal(column.combine_chunks()) for column in rows.columns]
        return reduce(pc.or_, masks, pa.repeat(pa.scalar(False), rows.num_rows))

    def mentioned(self, values: pa.Array) -> bool:
        """Whether any value of a column, however nested, is or mentions the unit."""
        if pa.types.is_dictionary(values.type):
            return self.mentioned(values.dictionary)
        if pa.types.is_nested(values.type):
            return any(map(self.mentioned, _parts(values)))
        if _is_text(values.type) or pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
            return any(pc.any(pc.match_substring_regex(values, pattern)).as_py() for pattern in self._patterns())
        return bool(pc.any(self._equal(values)).as_py())

    def in_bytes(self, content: bytes | mmap.mmap, *, words: bool = True) -> bool:
        """Whether bytes hold an id, or a pseudonym as decimal text or as eight bytes of either order.

        An id counts as a word of its own; where formats put texts side by side, without `words`, wherever it stands.
        """
        edges = (rb"(?<![%b])" % _WORD, rb"(?![%b])" % _WORD) if words else (b"", b"")
        ids = (re.compile(edges[0] + re.escape(form) + edges[1]) for form in self._forms())
        numbers = (form for number in self.pseudonyms for form in _written(number))
        return any(pattern.search(content) for pattern in ids) or any(content.find(form) >= 0 for form in numbers)

    def _equal(self, values: pa.Array) -> pa.Array:
        if pa.types.is_dictionary(values.type):
            return self._equal(values.dictionary_decode())
        if pa.types.is_int64(values.type):
            return pc.is_in(values, pa.array(self.pseudonyms, pa.int64()))
        if _is_text(values.type):
            return pc.is_in(values, pa.array([*self.telling, *map(str, self.pseudonyms)], values.type))
        return pa.repeat(pa.scalar(False), len(values))

    def _patterns(self) -> list[str]:
        ids = [rf"(^|[^{_WORD.decode()}]){re.escape(id_)}($|[^{_WORD.decode()}])" for id_ in self.telling]
        return [*ids, *map(str, self.pseudonyms)]

    def _forms(self) -> tuple[bytes, ...]:
        """Each telling id as plain text, and as JSON, HTML and URLs write it."""
        written = ((id_, json.dumps(id_)[1:-1], html.escape(id_), quote(id_)) for id_ in self.telling)
        return tuple({form.encode() for forms in written for form in forms})


def _parts(values: pa.Array) -> list[pa.Array]:
    """What a column of lists, maps or structures is made of."""
    if pa.types.is_map(values.type):
        return [values.keys, values.items]
    parts = values.flatten()
    return parts if isinstance(parts, list) else [parts]


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _written(number: int) -> tuple[bytes, ...]:
    return str(number).encode(), struct.pack("<q", number), struct.pack(">q", number)
