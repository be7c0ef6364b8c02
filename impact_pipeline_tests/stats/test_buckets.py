from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.stats.buckets import bucket_bounds, bucket_of, bucket_width, buckets_of, value_within

SMALLEST, LARGEST = -(2**63), 2**63 - 1
VALUES = st.integers(SMALLEST, LARGEST) | st.integers(-(10**7), 10**7)
DIGITS = st.integers(1, 18)


@pytest.mark.parametrize(
    ("value", "digits", "bucket", "width"),
    [
        (0, 1, 0, 1),
        (9, 1, 9, 1),
        (19, 1, 10, 10),
        (-19, 1, -10, 10),
        (999, 3, 999, 1),
        (1_000, 3, 1_000, 10),
        (-123_456, 3, -123_000, 1_000),
        (LARGEST, 18, 9_223_372_036_854_775_800, 10),
        (SMALLEST, 1, -9_000_000_000_000_000_000, 10**18),
    ],
)
def test_a_value_is_cut_to_its_leading_digits_toward_zero(value: int, digits: int, bucket: int, width: int) -> None:
    assert bucket_of(value, digits) == bucket
    assert buckets_of([value], digits).tolist() == [bucket]
    assert bucket_width(value, digits) == bucket_width(bucket, digits) == width


@given(values=st.lists(VALUES, max_size=30), digits=DIGITS)
def test_arrays_are_cut_as_single_values_are(values: list[int], digits: int) -> None:
    assert buckets_of(values, digits).tolist() == [bucket_of(value, digits) for value in values]


@given(value=VALUES, digits=DIGITS)
def test_bounds_enclose_exactly_the_values_of_a_bucket(value: int, digits: int) -> None:
    bucket = bucket_of(value, digits)
    lowest, highest = bucket_bounds(bucket, digits)
    assert lowest <= value <= highest
    assert highest - lowest + 1 == bucket_width(bucket, digits)
    assert bucket_of(lowest, digits) == bucket_of(highest, digits) == bucket
    assert bucket_of(lowest - 1, digits) < bucket < bucket_of(highest + 1, digits)
    assert (highest - lowest) * 10 ** (digits - 1) <= max(0, abs(value))


@given(value=VALUES, digits=DIGITS)
def test_buckets_of_negative_values_mirror_those_of_positive_ones(value: int, digits: int) -> None:
    assert bucket_of(-value, digits) == -bucket_of(value, digits)


@given(values=st.lists(VALUES, min_size=2, max_size=30), digits=DIGITS)
def test_buckets_have_the_order_of_their_values(values: list[int], digits: int) -> None:
    assert (np.diff(buckets_of(sorted(values), digits).astype(object)) >= 0).all()


@pytest.mark.parametrize("digits", [0, -1, 19])
def test_digits_beyond_what_a_64_bit_integer_holds_are_refused(digits: int) -> None:
    for ask in (lambda: bucket_of(5, digits), lambda: buckets_of([5], digits)):
        with pytest.raises(ValueError, match=f"^digits: {digits} is not within 1 and 18$"):
            ask()


def test_a_position_in_a_bucket_is_a_value_of_it() -> None:
    assert [value_within(1_230, 3, position) for position in (0.0, 0.5, 1.0)] == [1230.0, 1234.5, 1239.0]
    assert [value_within(-1_230, 3, position) for position in (0.0, 1.0)] == [-1239.0, -1230.0]
    assert [value_within(57, 3, position) for position in (0.0, 1.0)] == [57.0, 57.0]


def test_buckets_of_rounded_values_touch() -> None:
    for bucket, next_one in ((998, 999), (999, 1_000), (1_000, 1_010), (-1_010, -1_000), (-1, 0)):
        assert value_within(bucket, 3, 1.0, "rounded") == value_within(next_one, 3, 0.0, "rounded")
