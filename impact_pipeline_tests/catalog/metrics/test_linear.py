from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.catalog.expressions import Rejected
from impact_pipeline.catalog.metrics.linear import LINEAR, linear_terms


@pytest.mark.parametrize(
    ("formula", "terms"),
    [
        ("revenue", {"revenue": "1"}),
        ("revenue - cost", {"revenue": "1", "cost": "-1"}),
        ("-revenue + cost", {"revenue": "-1", "cost": "1"}),
        ("0.3 * revenue", {"revenue": "0.3"}),
        ("revenue * -0.3", {"revenue": "-0.3"}),
        ("(2) * (revenue - (cost - fees))", {"revenue": "2", "cost": "-2", "fees": "2"}),
        ("revenue + revenue - 0.5 * revenue", {"revenue": "1.5"}),
        ("1e2 * revenue", {"revenue": "1e2"}),
    ],
)
def test_factors_are_exact_decimals(formula: str, terms: dict[str, str]) -> None:
    assert linear_terms(formula) == {name: Decimal(factor) for name, factor in terms.items()}


@pytest.mark.parametrize(
    "formula",
    [
        "revenue * cost", "revenue / 2", "revenue + 1", "2 * 3", "abs(revenue)", "revenue > cost", "'revenue'",
        "a.revenue", "2 * (1 + revenue)", "case when revenue > 0 then revenue end", "revenue % 2",
    ],
)  # fmt: skip
def test_what_is_not_linear_is_refused(formula: str) -> None:
    with pytest.raises(Rejected) as raised:
        linear_terms(formula)
    assert str(raised.value).startswith(LINEAR)


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("revenue - cost - (revenue - cost)", "'revenue' cancels out; remove it from the formula"),
        ("revenue -- cost\n", "only printable ASCII is allowed"),
        ("revenue /* cost */", "comments are not allowed"),
        ("revenue; cost", "exactly one expression is allowed"),
        ("revenue -", "does not parse"),
        (" + ".join(["revenue"] * 80), "1 to 500 characters are allowed"),
    ],
)
def test_a_formula_is_one_short_expression(formula: str, told: str) -> None:
    with pytest.raises(Rejected) as raised:
        linear_terms(formula)
    assert str(raised.value).startswith(told)


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(-999, 999).filter(bool), min_size=1))
def test_a_formula_says_what_it_was_written_from(factors: dict[str, int]) -> None:
    formula = " + ".join(f"{factor} * {name}x" for name, factor in factors.items())
    assert linear_terms(formula) == {f"{name}x": Decimal(factor) for name, factor in factors.items()}
