"""What each metric keeps of a unit, from its orders: outcome, denominator and covariates as scaled integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from impact_pipeline_tests.simulations.events import Ints, Units


@dataclass(frozen=True, slots=True)
class Values:
    """By draw, night and unit, with the scales of the integers; a bucketed outcome has `digits`."""

    y: Ints
    d: Ints | None = None
    x: tuple[Ints, ...] = ()
    y_scale: int = 0
    x_scales: tuple[int, ...] = ()
    digits: int | None = None


def revenue(units: Units) -> Ints:
    return orders(units) * units.price


def orders(units: Units) -> Ints:
    return np.asarray(units.ordered.sum(axis=-1))


def by_app(units: Units) -> Ints:
    return np.asarray((units.ordered & units.app).sum(axis=-1))


def item_prices(units: Units) -> Ints:
    """Of each order: its price over its items."""
    return units.price[..., None] // units.items


def item_value(units: Units) -> Ints:
    return np.asarray(np.where(units.ordered, item_prices(units), 0).sum(axis=-1))


def days_with_an_order(units: Units) -> Ints:
    by_day = units.ordered.reshape(*units.ordered.shape[:-1], -1, 2)
    return np.asarray(by_day.any(axis=-1).sum(axis=-1))


def web_then_app(units: Units) -> Ints:
    """Whether an order by app follows one by web."""
    web = np.logical_or.accumulate(units.ordered & ~units.app, axis=-1)
    return np.asarray((web[..., :-1] & (units.ordered & units.app)[..., 1:]).any(axis=-1))


def revenue_before(units: Units) -> Ints:
    return units.ordered_before * units.price_before


def _whole(values: Any) -> Values:
    return Values(np.asarray(values, dtype=np.int64))


def _adjusted(units: Units, y: Ints, d: Ints | None = None) -> Values:
    return Values(y, d, (revenue_before(units), units.ordered_before), 2, (2, 0))


UNIT_VALUES: Mapping[str, Callable[[Units], Values]] = {
    "mean": lambda u: Values(revenue(u), y_scale=2),
    "mean_one_covariate": lambda u: Values(revenue(u), None, (revenue_before(u),), 2, (2,)),
    "mean_two_covariates": lambda u: _adjusted(u, revenue(u)),
    "mean_absolute_cap": lambda u: Values(np.minimum(revenue(u), 4000), y_scale=2),
    "mean_percentile_cap": lambda u: Values(revenue(u), y_scale=2, digits=3),
    "proportion": lambda u: _whole(orders(u) > 0),
    "count": lambda u: _whole(orders(u)),
    "retention": lambda u: _whole(u.ordered[..., 2:].any(axis=-1)),
    "funnel": lambda u: _whole(web_then_app(u)),
    "days_of_use": lambda u: _whole(days_with_an_order(u)),
    "composite": lambda u: Values(100 * revenue(u) - 25 * item_value(u), y_scale=4),
    "ratio": lambda u: Values(revenue(u), orders(u), y_scale=2),
    "ratio_two_covariates": lambda u: _adjusted(u, revenue(u), orders(u)),
    "rate": lambda u: Values(by_app(u), orders(u)),
    "quantile": lambda u: Values(revenue(u), y_scale=2, digits=3),
}
"""All metrics but the quantile over orders, which is of no unit."""
