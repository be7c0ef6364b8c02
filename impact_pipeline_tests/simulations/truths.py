"""What each metric is in control, in closed form, and in which world the treatment raises it by exactly the lift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb, exp, log

from scipy.optimize import brentq
from scipy.stats import norm

from impact_pipeline_tests.simulations.events import (
    AWAKE,
    BY_APP,
    ITEM_CHANCES,
    ITEMS,
    MOMENTS,
    OFTEN,
    PRICE,
    SELDOM,
    SPREAD,
    World,
)  # fmt: skip

MEAN_PRICE = PRICE / 100 * exp(SPREAD**2 / 2)
"""Of the log-normal, in EUR."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The metric's value in control in a world without a treatment; with one, a cap over both arms may lie higher."""

    world: World
    control: Callable[[float], float]
    """Of the lift."""


def _of_awake(of_chance: Callable[[float], float]) -> Callable[[float], float]:
    """Mean over all units of what an awake one has, given its chance of an order at each moment."""
    found = AWAKE * (of_chance(SELDOM) + of_chance(OFTEN)) / 2
    return lambda lift: found


def orders_are(count: int, chance: float) -> float:
    return comb(MOMENTS, count) * chance**count * (1 - chance) ** (MOMENTS - count)


def capped_price(cap: float) -> float:
    """E[min(price, cap)] of the log-normal, in EUR."""
    z = log(100 * cap / PRICE) / SPREAD
    return float(MEAN_PRICE * norm.cdf(z - SPREAD) + cap * norm.sf(z))


def capped_revenue(cap: float) -> Callable[[float], float]:
    """k orders are worth k prices."""

    def of_chance(chance: float) -> float:
        return sum(orders_are(k, chance) * k * capped_price(cap / k) for k in range(1, MOMENTS + 1))

    return _of_awake(of_chance)


def revenue_quantile(probability: float, awake: float = AWAKE) -> float:
    """Over all units, in EUR; a share of them spends nothing."""

    def beyond(value: float) -> float:
        def of_chance(chance: float) -> float:
            z = (log(100 * value / k / PRICE) / SPREAD for k in range(1, MOMENTS + 1))
            return sum(orders_are(k, chance) * float(norm.sf(at)) for k, at in enumerate(z, 1))

        return awake * (of_chance(SELDOM) + of_chance(OFTEN)) / 2 - (1 - probability)

    return float(brentq(beyond, 1e-3, 1e4))


def item_price_quantile(probability: float) -> float:
    """Over orders, in EUR."""

    def upto(value: float) -> float:
        z = (log(100 * value * items / PRICE) / SPREAD for items in ITEMS)
        return sum(share * float(norm.cdf(at)) for share, at in zip(ITEM_CHANCES, z, strict=True)) - probability

    return float(brentq(upto, 1e-3, 1e4))


def _percentile_capped(lift: float) -> float:
    """The cap is the percentile of both arms, of which one has more units awake."""
    return capped_revenue(revenue_quantile(0.98, AWAKE * (1 + lift / 2)))(0.0)


def _funnel(chance: float) -> float:
    """Order by web at one moment, by app at a later one: the first web order at moment i, no app order after it."""
    web, app = chance * (1 - BY_APP), chance * BY_APP
    return sum((1 - web) ** i * web * (1 - (1 - app) ** (MOMENTS - 1 - i)) for i in range(MOMENTS))


def _always(value: float) -> Callable[[float], float]:
    return lambda lift: value


REVENUE = _of_awake(lambda chance: MOMENTS * chance * MEAN_PRICE)
ONE_ITEM = sum(share / items for items, share in zip(ITEMS, ITEM_CHANCES, strict=True))

TRUTHS: dict[str, Truth] = {
    "mean": Truth("awake", REVENUE),
    "mean_one_covariate": Truth("awake", REVENUE),
    "mean_two_covariates": Truth("awake", REVENUE),
    "mean_absolute_cap": Truth("awake", capped_revenue(40)),
    "mean_percentile_cap": Truth("awake", _percentile_capped),
    "proportion": Truth("awake", _of_awake(lambda chance: 1 - (1 - chance) ** MOMENTS)),
    "count": Truth("awake", _of_awake(lambda chance: MOMENTS * chance)),
    "retention": Truth("awake", _of_awake(lambda chance: 1 - (1 - chance) ** (MOMENTS - 2))),
    "funnel": Truth("awake", _of_awake(_funnel)),
    "days_of_use": Truth("awake", _of_awake(lambda chance: MOMENTS / 2 * (1 - (1 - chance) ** 2))),
    "composite": Truth("awake", _of_awake(lambda chance: MOMENTS * chance * MEAN_PRICE * (1 - 0.25 * ONE_ITEM))),
    "ratio": Truth("dearer", _always(MEAN_PRICE)),
    "ratio_two_covariates": Truth("dearer", _always(MEAN_PRICE)),
    "rate": Truth("dearer", _always(BY_APP)),
    "quantile": Truth("dearer", _always(revenue_quantile(0.8))),
    "event_quantile": Truth("dearer", _always(item_price_quantile(0.9))),
}
