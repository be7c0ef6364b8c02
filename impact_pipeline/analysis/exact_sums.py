"""Exact sums and sums of products of whole numbers within cells of rows, by products of matrices of small digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.analysis.labels import Codes

Array = NDArray[np.float64]

DIGIT_BITS = 18
SHORT = 2**15
"""Cells whose numbers fit 16 bits, which sort in linear time."""
CHUNK = 2**16
"""Rows whose products of digits add up below 2**53, so that no order of adding them loses anything."""


@dataclass(frozen=True, slots=True, eq=False)
class CellSums:
    """Of each cell: `sums[v, cell]` over its rows of variable v, and `products[v, w, cell]`; Python integers."""

    counts: NDArray[np.object_]
    sums: NDArray[np.object_]
    products: NDArray[np.object_]


def cell_sums(variables: Sequence[Array], cells: Codes, count: int) -> CellSums:
    """Sums over the rows of each cell; `variables` are whole doubles below 2**53 in size, cells are 0 .. count - 1.

    >>> found = cell_sums([np.array([2.0**52, 1.0, -3.0])], np.array([0, 0, 1]), 2)
    >>> found.sums[0].tolist(), found.products[0, 0].tolist()
    ([4503599627370497, -3], [20282409603651670423947251286017, 9])
    """
    lengths = [_length(variable) for variable in variables]
    grams = np.zeros((count, 1 + sum(lengths), 1 + sum(lengths)), dtype=np.int64)
    for start in range(0, len(cells), CHUNK):
        part = slice(start, start + CHUNK)
        _add_grams(grams, [variable[part] for variable in variables], lengths, cells[part])
    places = _places(lengths)
    found = CellSums(*(np.zeros((*shape, count), dtype=object) for shape in ((), (len(lengths),), (len(lengths),) * 2)))
    for cell, gram in enumerate(grams.tolist()):
        found.counts[cell] = gram[0][0]
        for v, own in enumerate(places):
            found.sums[v, cell] = _joined(gram, [(0, 0)], own)
            for w, other in enumerate(places[: v + 1]):
                found.products[v, w, cell] = found.products[w, v, cell] = _joined(gram, own, other)
    return found


def _add_grams(grams: NDArray[np.int64], variables: Sequence[Array], lengths: Sequence[int], cells: Codes) -> None:
    """Adds, for each cell, all products of two rows of digits (the first holds ones), summed over its columns."""
    order = np.argsort(cells.astype(np.int16) if len(grams) < SHORT else cells, kind="stable")
    rows = [np.ones(len(cells))]
    for variable, length in zip(variables, lengths, strict=True):
        rows += _digits(variable[order], length)
    matrix = np.vstack(rows)
    present, starts = np.unique(cells[order], return_index=True)
    for cell, (start, end) in zip(present.tolist(), pairwise([*starts.tolist(), len(cells)]), strict=True):
        own = matrix[:, start:end]
        grams[cell] += (own @ own.T).astype(np.int64)


def _length(variable: Array) -> int:
    """How many digits hold every value."""
    largest = int(np.max(np.abs(variable), initial=0.0))
    return max(1, -(-largest.bit_length() // DIGIT_BITS))


def _digits(whole: Array, length: int) -> list[Array]:
    """Digits to the base `2**DIGIT_BITS`, lowest first; only the last may be negative."""
    if length == 1:
        return [whole]
    left, found = whole.astype(np.int64), []
    for _ in range(length - 1):
        found.append((left & (2**DIGIT_BITS - 1)).astype(np.float64))
        left = left >> DIGIT_BITS
    return [*found, left.astype(np.float64)]


def _places(lengths: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Of each variable, the row of the matrix and the power of each of its digits; row 0 holds ones."""
    starts = np.concatenate([[1], 1 + np.cumsum(lengths)]).tolist()
    return [[(start + power, power) for power in range(length)] for start, length in zip(starts, lengths, strict=False)]


def _joined(gram: list[list[int]], own: list[tuple[int, int]], other: list[tuple[int, int]]) -> int:
    return sum(gram[i][j] << (DIGIT_BITS * (p + q)) for i, p in own for j, q in other)
