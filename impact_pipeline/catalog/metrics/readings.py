"""What a metric keeps of each unit: totals over windows, one integer made of them, and how it is read.

These are declarations. A metric type returns them; the pass over the facts adds up each distinct total once, whichever
readings use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from impact_pipeline.catalog.metrics.base import Rows, Total, Window

VARIANT_MARK = "~"
"""Between a metric's name and the variant of a reading, in the key of its cells."""

UNCAPPED, TREND = "uncapped", "trend"
"""Variants: the same without its cap; the effect's trend over days since exposure."""

Form = Literal["mean", "ratio", "quantile"]
Ties = Literal["discrete", "rounded"]
"""Equal values that are equal indeed, or readings rounded to a whole step, such as milliseconds."""


@dataclass(frozen=True, slots=True)
class UnitTotal:
    """One unit's total over a window: of a measure, of rows (those with a value of `measure`, if named), or of days.

    `weight_by_day` multiplies each row's part by its day since exposure.
    """

    fact: str
    window: Window
    aggregate: Literal["sum", "rows", "days"]
    measure: str | None = None
    filter: str | None = None
    weight_by_day: bool = False

    @property
    def facts(self) -> tuple[str, ...]:
        return (self.fact,)


@dataclass(frozen=True, slots=True)
class StepsPassed:
    """How many steps one unit passed in order, each at or after the time of the one before, all within the window."""

    steps: tuple[Rows, ...]
    window: Window

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(rows.fact for rows in self.steps))


UnitCount: TypeAlias = UnitTotal | StepsPassed


@dataclass(frozen=True, slots=True)
class UnitValue:
    """One number per unit, an exact sum of `coefficient x total`; kept as an integer at the least scale that holds it.

    With `at_least` it is 1 where that integer reaches it, else 0. `cap` is the largest value, in the measure's unit.
    """

    terms: tuple[tuple[Decimal, UnitCount], ...]
    at_least: int | None = None
    cap: Decimal | None = None

    @property
    def totals(self) -> tuple[UnitCount, ...]:
        return tuple(total for _, total in self.terms)


@dataclass(frozen=True, slots=True)
class Reading:
    """One number per arm. `variant` is "" for the metric itself; others stand beside it, or, `internal`, are not shown.

    `form` says what of y and d: the mean of y, the sum of y over the sum of d, or the `quantile` of y. A quantile
    `per_event` is one of rows, where y is a unit's total of what they measure and d its number of rows. `digits` are
    the significant digits of the buckets that hold y, `ties` what equal values of a quantile are. `share` marks a
    proportion.
    """

    variant: str
    label: str
    form: Form
    y: UnitValue
    d: UnitValue | None = None
    share: bool = False
    quantile: float | None = None
    per_event: bool = False
    digits: int | None = None
    ties: Ties = "discrete"
    cap_percentile: float | None = None
    internal: bool = False

    @property
    def simulated(self) -> bool:
        """Whether an A/A simulation tries it: it is the metric itself, and read from sums alone."""
        return not self.variant and self.form != "quantile" and self.cap_percentile is None

    @property
    def values(self) -> tuple[UnitValue, ...]:
        return (self.y,) if self.d is None else (self.y, self.d)

    @property
    def totals(self) -> tuple[UnitCount, ...]:
        """Distinct totals it is made of."""
        return tuple(dict.fromkeys(total for value in self.values for total in value.totals))


def reading_key(metric: str, variant: str) -> str:
    """How cells name a reading.

    >>> reading_key("revenue", ""), reading_key("revenue", "uncapped")
    ('revenue', 'revenue~uncapped')
    """
    return f"{metric}{VARIANT_MARK}{variant}" if variant else metric


def of(*totals: UnitCount, at_least: int | None = None) -> UnitValue:
    """The sum of some totals, or the indicator that it reaches `at_least`."""
    return UnitValue(tuple((Decimal(1), total) for total in totals), at_least)


def summed(total: Total, window: Window) -> UnitTotal:
    """A unit's total of a measure."""
    return UnitTotal(total.fact, window, "sum", total.measure, total.filter)


def counted(rows: Rows, window: Window, measure: str | None = None) -> UnitTotal:
    """A unit's number of rows; of those that have a value of `measure`, if one is named."""
    return UnitTotal(rows.fact, window, "rows", measure, rows.filter)


def active_days(rows: Rows, window: Window) -> UnitTotal:
    """A unit's number of days with a row."""
    return UnitTotal(rows.fact, window, "days", None, rows.filter)
