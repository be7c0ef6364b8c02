"""An expression's bound holds, and is not claimed where none is known."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sqlglot import parse_one

from impact_pipeline.outcomes.bounds import largest_result

COLUMNS = {"amount": Fraction(5, 2), "items": Fraction(7)}


@pytest.mark.parametrize(
    ("expression", "bound"),
    [
        ("amount", Fraction(5, 2)),
        ("-items", Fraction(7)),
        ("amount * items - 1.5", Fraction(19)),
        ("abs(amount) + (items)", Fraction(19, 2)),
        ("least(items, 150)", Fraction(150)),
        ("coalesce(amount, 0)", Fraction(5, 2)),
        ("CASE WHEN other > 3 THEN items WHEN items > 2 THEN NULL ELSE -9 END", Fraction(9)),
        ("CASE WHEN other > 3 THEN items END", Fraction(7)),
    ],
)
def test_bounds_of_arithmetic(expression: str, bound: Fraction) -> None:
    assert largest_result(parse_one(expression, dialect="duckdb"), COLUMNS) == bound


@pytest.mark.parametrize(
    "expression", ["other", "amount / items", "sqrt(items)", "greatest(items, other)", "other * 0"]
)
def test_no_bound_is_claimed(expression: str) -> None:
    assert largest_result(parse_one(expression, dialect="duckdb"), COLUMNS) is None
