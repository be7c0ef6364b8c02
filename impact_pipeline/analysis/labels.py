"""Columns of labels (arms, strata, segments, units) as places among their distinct values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Rows = NDArray[np.bool_] | NDArray[np.intp]
"""Which rows: marked, or by their places."""


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Row i has the label `names[codes[i]]`; names are distinct and in order, and some may have no row."""

    names: tuple[str, ...]
    codes: Codes

    def __len__(self) -> int:
        return len(self.codes)

    def kept(self, rows: Rows) -> Labels:
        """The labels of some rows."""
        return Labels(self.names, self.codes[rows])

    def has(self, name: str) -> NDArray[np.bool_]:
        """Which rows have this label."""
        found = self.codes == (self.names.index(name) if name in self.names else -1)
        return np.asarray(found, dtype=bool)

    def counts(self, weights: NDArray[np.float64] | None = None) -> dict[str, int]:
        """Rows (or the sum of whole weights) of each label that has any."""
        found = np.bincount(self.codes, weights=weights, minlength=len(self.names))
        rows = np.bincount(self.codes, minlength=len(self.names))
        return {name: int(n) for name, n, there in zip(self.names, found, rows, strict=True) if there}

    def texts(self) -> NDArray[np.str_]:
        """Each row's label."""
        return np.array(self.names, dtype=np.str_)[self.codes]


def everyone(rows: int, name: str) -> Labels:
    """One label for all rows.

    >>> everyone(3, "all units").counts()
    {'all units': 3}
    """
    return Labels((name,), np.zeros(rows, dtype=np.int64))


def labels_of(values: pa.ChunkedArray) -> Labels:
    """Labels of a column without nulls, ordered as its values are.

    Whole numbers have no decimal point, truth values are `true` and `false`, days and times as in ISO 8601.

    >>> found = labels_of(pa.chunked_array([[10.0, 9.5, 10.0]]))
    >>> found.names, found.codes.tolist()
    (('9.5', '10'), [1, 0, 1])
    """
    encoded = values.combine_chunks().dictionary_encode()
    known = encoded.dictionary.to_pylist()
    order = sorted(range(len(known)), key=lambda place: known[place])
    names = list(dict.fromkeys(_text(known[place]) for place in order))
    at = {name: place for place, name in enumerate(names)}
    places = np.array([at[_text(value)] for value in known], dtype=np.int64)
    return Labels(tuple(names), places[encoded.indices.to_numpy(zero_copy_only=False)])


def places_of(values: pa.ChunkedArray) -> Codes:
    """Equal values of a column have the same place, counted from 0 as they appear.

    >>> places_of(pa.chunked_array([["ann", "bob", "ann"]])).tolist()
    [0, 1, 0]
    """
    indices = values.combine_chunks().dictionary_encode().indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def crossed(columns: Sequence[Labels]) -> Labels:
    """The combinations of several columns' labels that occur.

    >>> a, b = Labels(("x", "y"), np.array([0, 1, 1])), Labels(("1", "2"), np.array([0, 0, 1]))
    >>> crossed([a, b]).names
    ('x / 1', 'y / 1', 'y / 2')
    """
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    names = [""]
    for column in columns:
        present, codes = np.unique(codes * len(column.names) + column.codes, return_inverse=True)
        before, own = np.divmod(present, len(column.names))
        names = [
            f"{names[b]} / {column.names[o]}" if names[b] else column.names[o] for b, o in zip(before, own, strict=True)
        ]
    return Labels(tuple(names), codes.astype(np.int64))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
