"""Results in plain sentences: what rose or fell, by how much, and how sure that is."""

from __future__ import annotations

from functools import partial

from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.estimators.base import Estimate, NonInferiority


def effect_sentence(metric: Metric, estimate: Estimate) -> str:
    """`Orders per user rose by 5.1 % (95 % interval 2.2 % to 8.0 %)`, without a full stop.

    In per cent of control where a lift has an interval, else in the metric's unit.
    """
    relative = estimate.relative
    value, interval = (relative.value, relative.interval) if relative else (estimate.value, estimate.interval)
    written = percent if relative else partial(amount, unit=metric.unit)
    moved = "did not change" if value == 0 else f"{'rose' if value > 0 else 'fell'} by {written(abs(value))}"
    level = percent(interval.level, digits=0)
    return f"{metric.label} {moved} ({level} interval {written(interval.lower)} to {written(interval.upper)})"


def margin_phrase(metric: Metric, test: NonInferiority) -> str:
    """`its margin of 2 %`, with the worst change not excluded where there is a bound."""
    written = percent if test.relative else partial(amount, unit=metric.unit)
    margin = f"{100 * test.margin:g} %" if test.relative else f"{test.margin:g} {metric.unit}"
    at_worst = "" if test.bound is None else f" (at worst {written(test.bound)})"
    return f"its margin of {margin}{at_worst}"


def percent(share: float, digits: int = 1) -> str:
    """A share in per cent; one too small for the digits keeps two significant figures.

    >>> percent(0.0512), percent(-0.00012), percent(0.95, digits=0)
    ('5.1 %', '-0.012 %', '95 %')
    """
    rounded = f"{100 * share:.{digits}f}"
    return f"{rounded if share == 0 or float(rounded) else f'{100 * share:.2g}'} %"


def amount(value: float, unit: str) -> str:
    """A value with its unit, to three significant figures or the unit's ones.

    >>> amount(0.12345, "EUR"), amount(1234.5, "EUR")
    ('0.123 EUR', '1,234 EUR')
    """
    return f"{value:,.0f} {unit}" if abs(value) >= 1000 else f"{value:.3g} {unit}"
