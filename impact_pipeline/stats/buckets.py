"""Buckets of integers that keep k leading decimal digits: few enough to store, narrow enough for any quantile."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ties = Literal["discrete", "rounded"]
"""What equal integers are: 'discrete' equal values, or 'rounded' readings of values within half a unit of them."""

MAX_DIGITS = 18


def bucket_of(value: int, digits: int) -> int:
    """The value cut to its leading digits, toward zero: buckets of positive and of negative values mirror each other.

    Below `10**digits` in absolute value, each value is its own bucket. A bucket is named by its value nearest to 0, so
    buckets have the order of the values in them, and a bucket holds at most `10**(1 - digits)` of its size.

    >>> bucket_of(123_456, 3), bucket_of(-123_456, 3), bucket_of(999, 3)
    (123000, -123000, 999)
    """
    width = bucket_width(value, digits)
    return value // width * width if value >= 0 else -(-value // width * width)


def bucket_width(value: int, digits: int) -> int:
    """How many integers are in the bucket of this value (a bucket's name is one of them).

    >>> bucket_width(123_000, 3), bucket_width(-1_230, 3), bucket_width(7, 3)
    (1000, 10, 1)
    """
    return int(10 ** max(0, len(str(abs(value))) - checked_digits(digits)))


def bucket_bounds(bucket: int, digits: int) -> tuple[int, int]:
    """The lowest and the highest integer in the bucket.

    >>> bucket_bounds(123_000, 3), bucket_bounds(-1_230, 3)
    ((123000, 123999), (-1239, -1230))
    """
    beyond = bucket_width(bucket, digits) - 1
    return (bucket, bucket + beyond) if bucket >= 0 else (bucket - beyond, bucket)


def buckets_of(values: ArrayLike, digits: int) -> NDArray[np.int64]:
    """`bucket_of` of each 64-bit integer.

    >>> buckets_of([123_456, -1_239, 5], 2).tolist()
    [120000, -1200, 5]
    """
    given = np.asarray(values, dtype=np.int64)
    sizes = np.abs(given).astype(np.uint64)
    starts = 10 ** np.arange(checked_digits(digits), MAX_DIGITS + 1, dtype=np.uint64)
    widths = 10 ** np.searchsorted(starts, sizes, side="right").astype(np.int64)
    return given - np.fmod(given, widths)


def value_within(bucket: int, digits: int, position: float, ties: Ties = "discrete") -> float:
    """The value at a position of 0..1 in the bucket, were values evenly spread over it.

    Of discrete values, 0 is the lowest integer and 1 the highest, so that a bucket of one value has no other.
    Of rounded values, 0 and 1 are half a unit beyond: neighbouring buckets touch.

    >>> value_within(1_230, 3, 0.5), value_within(57, 3, 0.25), value_within(57, 3, 0.25, "rounded")
    (1234.5, 57.0, 56.75)
    """
    lowest, highest = bucket_bounds(bucket, digits)
    if ties == "rounded":
        return lowest - 0.5 + position * (highest - lowest + 1)
    return lowest + position * (highest - lowest)


def checked_digits(digits: int) -> int:
    """The number of leading digits, 1 to 18: what any 64-bit integer can hold."""
    if not 1 <= digits <= MAX_DIGITS:
        raise ValueError(f"digits: {digits} is not within 1 and {MAX_DIGITS}")
    return digits
