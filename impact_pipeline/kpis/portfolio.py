"""All studies' money in one table, and what the shipped ones add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from impact_pipeline.estimators.base import Interval
from impact_pipeline.kpis.base import Impact


@dataclass(frozen=True, slots=True)
class PortfolioEntry:
    """The impact of one arm of a study that was decided, and whether the arm was shipped."""

    impact: Impact
    shipped: bool


@dataclass(frozen=True, slots=True)
class PortfolioTotal:
    """Shipped impacts of one currency and horizon.

    `claimed` is their plain sum, which is too high: what is shipped was picked because it came out well. `corrected`
    takes that selection out; the interval is around it.
    """

    currency: str
    horizon_days: int
    shipped: int
    decided: int
    claimed: float
    corrected: float
    interval: Interval


def portfolio(entries: Iterable[PortfolioEntry]) -> tuple[PortfolioTotal, ...]:
    """A total for each (currency, horizon, interval level), in that order; money of different kinds is not added up."""
    groups: dict[tuple[str, int, float], list[PortfolioEntry]] = {}
    for entry in entries:
        impact = entry.impact
        groups.setdefault((impact.currency, impact.horizon_days, impact.interval.level), []).append(entry)
    return tuple(_total(currency, days, level, group) for (currency, days, level), group in sorted(groups.items()))


def selection_bias(impacts: Sequence[Impact]) -> float:
    """By how much the sum of the significant winners among these impacts is expected to exceed their true sum.

    `sum of s_i phi(b - x_i / s_i)` over all decided impacts, shipped or not, for a rule that ships what exceeds b
    standard errors. Assumes independent, normal estimates. Lee, Shen (2018), KDD, "Winner's Curse: Bias Estimation for
    Total Effects of Features in Online Controlled Experiments".
    """
    normal = NormalDist()
    critical = [(_critical_value(impact), _std_error(impact), impact.amount) for impact in impacts]
    return sum(error * normal.pdf(b - amount / error) for b, error, amount in critical if error)


def _total(currency: str, horizon_days: int, level: float, entries: list[PortfolioEntry]) -> PortfolioTotal:
    shipped = [entry.impact for entry in entries if entry.shipped]
    claimed = sum(impact.amount for impact in shipped)
    corrected = claimed - selection_bias([entry.impact for entry in entries]) if shipped else 0.0
    half_width = sqrt(sum(_half_width(impact) ** 2 for impact in shipped))
    interval = Interval(corrected - half_width, corrected + half_width, level)
    return PortfolioTotal(currency, horizon_days, len(shipped), len(entries), claimed, corrected, interval)


def _half_width(impact: Impact) -> float:
    return (impact.interval.upper - impact.interval.lower) / 2


def _critical_value(impact: Impact) -> float:
    return NormalDist().inv_cdf((1 + impact.interval.level) / 2)


def _std_error(impact: Impact) -> float:
    return _half_width(impact) / _critical_value(impact)
