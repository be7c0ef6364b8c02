"""Digits, signs and units."""

from __future__ import annotations

import pytest

from impact_pipeline.estimators.base import Interval
from impact_pipeline.reports import formatting
from impact_pipeline.reports.formatting import PERCENT, SHARE, Unit
from impact_pipeline_tests.reports.examples import metrics

EUR = Unit(1, "EUR", "EUR", "EUR")


@pytest.mark.parametrize(
    ("half_width", "places"),
    [(3.1, 1), (31, 0), (310, -1), (0.31, 2), (0.000000031, 6), (1.0, 1), (0, 4), (float("inf"), 4), (float("nan"), 4)],
)
def test_decimals_give_the_half_width_two_digits(half_width: float, places: int) -> None:
    assert formatting.decimals(half_width) == places


@pytest.mark.parametrize(
    ("value", "lower", "upper", "unit", "written"),
    [
        (0.102, 0.071, 0.133, PERCENT, "+10.2 % (95 % interval +7.1 % to +13.3 %)"),
        (-0.102, -0.133, -0.071, PERCENT, "\u221210.2 % (95 % interval \u221213.3 % to \u22127.1 %)"),
        (0.012, 0.008, 0.016, SHARE, "+1.20 pp (95 % interval +0.80 to +1.60 pp)"),
        (0.1224, 0.0852, 0.1596, EUR, "+0.122 EUR (95 % interval +0.085 to +0.160 EUR)"),
        (0.000004, -0.0001, 0.0001, EUR, "0.00000 EUR (95 % interval \u22120.00010 to +0.00010 EUR)"),
        (0, -1, 1, EUR, "0.0 EUR (95 % interval \u22121.0 to +1.0 EUR)"),
    ],
)
def test_shown_writes_a_difference_with_its_interval(
    value: float, lower: float, upper: float, unit: Unit, written: str
) -> None:
    assert str(formatting.shown(value, Interval(lower, upper, 0.95), unit, signed=True)) == written


def test_shown_names_the_level() -> None:
    assert formatting.shown(0.1, Interval(0.0, 0.2, 0.975), PERCENT).level == "97.5 %"


def test_money_is_rounded_to_what_the_interval_supports() -> None:
    written = str(formatting.money(1_234_567.8, Interval(924_000, 1_545_000, 0.95), "EUR"))
    assert written == "1,230,000 EUR (95 % interval 920,000 to 1,540,000 EUR)"


@pytest.mark.parametrize(
    ("value", "metric", "written"),
    [
        (1.3224, "orders_per_user", "1.322 orders"),
        (0.0, "orders_per_user", "0 orders"),
        (0.25, "bounce_rate", "25.00 %"),
        (123456.7, "revenue_per_order", "123,457 EUR"),
        (-0.00001234, "revenue_per_order", "\u22120.000012 EUR"),
        (1.5, None, "1.500"),
    ],
)
def test_mean_has_four_significant_digits(value: float, metric: str | None, written: str) -> None:
    assert formatting.mean(value, metrics()[metric] if metric else None) == written


@pytest.mark.parametrize(("p", "written"), [(0.0009, "< 0.001"), (0.034, "0.034"), (1, "1.000"), (0, "< 0.001")])
def test_p_value_has_three_decimals(p: float, written: str) -> None:
    assert formatting.p_value(p) == written


def test_fixed_never_writes_a_negative_zero() -> None:
    assert formatting.fixed(-0.001, 2, signed=True) == "0.00"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\tb\r\nc", "a b c"),
        ("\x1b[31mred", "[31mred"),
        ("\u202eevil", "evil"),
        ("zero\u200bwidth", "zerowidth"),
        ("é", "é"),
    ],
)
def test_visible_leaves_no_control_or_format_character(text: str, seen: str) -> None:
    assert formatting.visible(text) == seen


@pytest.mark.parametrize(
    ("sentence", "inside"),
    [
        ("Orders per user", "orders per user"),
        ("SRM found", "SRM found"),
        ("A unit", "a unit"),
        ("A/A", "A/A"),
        ("", ""),
    ],
)
def test_uncapitalised_keeps_abbreviations(sentence: str, inside: str) -> None:
    assert formatting.uncapitalised(sentence) == inside
