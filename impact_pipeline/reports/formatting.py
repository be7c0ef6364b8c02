"""Numbers and text as readers see them: the one place for digits, signs, units and characters.

Rules: an effect has as many decimals as give half the width of its interval two significant digits; the mean of an arm
has four significant digits; shares are in %, differences of shares in percentage points; a p-value has three decimals.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass

from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.estimators.base import Interval

MINUS = "\u2212"
SHARE_UNITS = frozenset({"share", "proportion", "%"})
MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Unit:
    """How values of a unit are written: multiplied by `factor`, then followed by a word."""

    factor: float
    mean: str
    difference: str
    difference_in_words: str


PERCENT = Unit(100, "%", "%", "%")
NO_UNIT = Unit(1, "", "", "")
SHARE = Unit(100, "%", "pp", "percentage points")


@dataclass(frozen=True, slots=True)
class Shown:
    """A number and its interval with their common digits, ready to read."""

    value: str
    interval: str
    level: str

    def __str__(self) -> str:
        return f"{self.value} ({self.level} interval {self.interval})"


def unit_of(metric: Metric | None) -> Unit:
    """The unit of a metric; values of a metric whose definition is broken stand without one."""
    if metric is None:
        return NO_UNIT
    if metric.share or metric.unit in SHARE_UNITS:
        return SHARE
    return Unit(1, metric.unit, metric.unit, metric.unit)


def shown(value: float, interval: Interval, unit: Unit, *, signed: bool = False, in_words: bool = False) -> Shown:
    """A difference with its interval, to the digits that the interval supports."""
    word = unit.difference_in_words if in_words else unit.difference
    places = decimals((interval.upper - interval.lower) / 2 * unit.factor)
    centre, lower, upper = (
        fixed(v * unit.factor, places, signed=signed) for v in (value, interval.lower, interval.upper)
    )
    first = with_unit(lower, word) if word == "%" else lower
    return Shown(with_unit(centre, word), f"{first} to {with_unit(upper, word)}", level(interval))


def mean(value: float, metric: Metric | None) -> str:
    """The mean of an arm, to four significant digits."""
    unit = unit_of(metric)
    scaled = value * unit.factor
    places = 3 - math.floor(math.log10(abs(scaled))) if scaled else 0
    return with_unit(fixed(scaled, min(max(places, 0), MOST_DECIMALS)), unit.mean)


def money(amount: float, interval: Interval, currency: str) -> Shown:
    """An amount with its interval, rounded to what the interval supports."""
    return shown(amount, interval, Unit(1, currency, currency, currency))


def decimals(half_width: float) -> int:
    """Decimals that give `half_width` two significant digits; negative when it has three digits or more."""
    if not half_width > 0 or math.isinf(half_width):
        return 4
    return min(1 - math.floor(math.log10(half_width)), MOST_DECIMALS)


def fixed(value: float, places: int, *, signed: bool = False) -> str:
    """`value` rounded to `places`, with thousands separated and a true minus sign."""
    rounded = round(value, places)
    plus = "+" if signed and rounded > 0 else ""
    return f"{MINUS if rounded < 0 else plus}{abs(rounded):,.{max(places, 0)}f}"


def p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def count(number: int) -> str:
    return f"{number:,}"


def level(interval: Interval) -> str:
    return f"{100 * interval.level:g} %"


def with_unit(number: str, word: str) -> str:
    return f"{number} {word}" if word else number


def visible(text: str) -> str:
    """One line without control and format characters: no escape sequence, no reversal of the reading direction."""
    kept = (" " if c.isspace() else c for c in text if c.isspace() or not unicodedata.category(c).startswith("C"))
    return " ".join("".join(kept).split())


def capitalised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def uncapitalised(sentence: str) -> str:
    """For use inside a sentence; words such as 'SRM' or 'A/A' stay."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() or sentence[1:2] == " " else sentence
