"""What shipped changes earn together, measured by a long-term holdout, beside the sum of what their studies claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from impact_pipeline.estimators.base import Interval
from impact_pipeline.kpis.base import Impact
from impact_pipeline.kpis.portfolio import PortfolioEntry, PortfolioTotal, portfolio


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Money over one horizon: `shipped` as in `PortfolioTotal`, and what the holdout measured of the same changes.

    `gap` is measured less corrected; they agree where its interval holds 0.
    """

    holdout: str
    studies: tuple[str, ...]
    shipped: PortfolioTotal
    measured: Impact
    gap: float
    gap_interval: Interval

    @property
    def agrees(self) -> bool:
        return self.gap_interval.lower <= 0 <= self.gap_interval.upper


@dataclass(frozen=True, slots=True)
class NoReconciliation:
    """Why a holdout and the studies that it holds back cannot be compared."""

    holdout: str
    detail: str


def reconcile(measured: Impact, decided: Sequence[PortfolioEntry]) -> Reconciliation | NoReconciliation:
    """`measured` is the holdout's impact, `decided` those of the studies that it holds back.

    Effects of changes need not add up, and fade or grow after their own windows: that is what a holdout is for. It is
    taken as independent of the studies, so the gap's half-width is the root of both squares. Lee, Shen (2018), KDD.

    >>> from impact_pipeline.estimators.base import Contrast
    >>> def money(study, amount, half):
    ...     interval = Interval(amount - half, amount + half, 0.95)
    ...     return Impact(study, "orders", Contrast("new", "old"), "EUR", 365, 10.0, 1.0, amount, interval)
    >>> claims = [PortfolioEntry(money("ranker", 80.0, 6.0), True), PortfolioEntry(money("price", 60.0, 6.0), True)]
    >>> found = reconcile(money("holdout", 90.0, 20.0), claims)
    >>> round(found.shipped.claimed), round(found.gap), found.agrees
    (140, -50, False)
    """
    shipped = [entry for entry in decided if entry.shipped]
    if not shipped:
        return NoReconciliation(measured.study, "none of the studies that it holds back has shipped yet")
    strange = [entry.impact for entry in decided if _kind(entry.impact) != _kind(measured)]
    if strange:
        told = f"'{strange[0].study}' counts {_in_words(strange[0])}, the holdout {_in_words(measured)}"
        return NoReconciliation(measured.study, told)
    [total] = portfolio(decided)
    gap = measured.amount - total.corrected
    half = hypot(_half_width(measured.interval), _half_width(total.interval))
    studies = tuple(sorted({entry.impact.study for entry in shipped}))
    level = measured.interval.level
    return Reconciliation(measured.study, studies, total, measured, gap, Interval(gap - half, gap + half, level))


def _kind(impact: Impact) -> tuple[str, int, float]:
    return impact.currency, impact.horizon_days, impact.interval.level


def _in_words(impact: Impact) -> str:
    return f"{impact.currency} over {impact.horizon_days} days at level {impact.interval.level:g}"


def _half_width(interval: Interval) -> float:
    return (interval.upper - interval.lower) / 2
