"""Draws of a shop's units: what they buy in the three days before exposure and in the three days from it on.

A unit is awake in its window or buys nothing. Awake, it may place an order at each of six moments, two a day, all at
its own price; an order is of 1, 2 or 4 items and comes by web or app. Before exposure all units are awake.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

MOMENTS = 6
AWAKE, BY_APP = 0.6, 0.4
SELDOM, OFTEN = 0.25, 0.55
"""The chance of an order at each moment: a unit's own, one of these two."""

PRICE, SPREAD = 1000, 0.8
"""Median of units' prices in cents, and the standard deviation of their logarithm."""

ITEMS, ITEM_CHANCES = (1, 2, 4), (0.5, 0.3, 0.2)

World = Literal["awake", "dearer"]
"""What the treatment does: wakes more units, or raises prices and the share of the app, by the lift."""

Ints = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Units:
    """Of one arm, by draw, night of exposure and unit; of `ordered`, `items` and `app` also by moment of the window.

    Prices are a multiple of 4 cents, so that each item has a whole price. `ordered_before` are the first so many
    moments before exposure.
    """

    ordered: NDArray[np.bool_]
    app: NDArray[np.bool_]
    items: Ints
    price: Ints
    price_before: Ints
    ordered_before: Ints

    def of_draw(self, draw: int) -> Units:
        return Units(*(getattr(self, field.name)[draw : draw + 1] for field in fields(self)))

    def of_nights(self, nights: int) -> Units:
        """Those exposed on the first so many nights."""
        return Units(*(getattr(self, field.name)[:, :nights] for field in fields(self)))


def arms(rng: Generator, lifts: NDArray[np.float64], world: World, *, nights: int, units: int) -> dict[str, Units]:
    """Control and treatment of as many draws as there are lifts; `units` in each arm on each night."""
    shape = (len(lifts), nights, units)
    raised = 1 + lifts[:, None, None]
    woken, dearer = (raised, 1.0) if world == "awake" else (1.0, raised)
    return {"control": _drawn(rng, shape, 1.0, 1.0), "treatment": _drawn(rng, shape, woken, dearer)}


def _drawn(rng: Generator, shape: tuple[int, int, int], woken: Any, dearer: Any) -> Units:
    def chance(at: tuple[int, ...]) -> NDArray[np.float32]:
        return rng.random(at, dtype=np.float32)

    moments = (*shape, MOMENTS)
    often = np.where(chance(shape) < 0.5, OFTEN, SELDOM)
    awake = chance(shape) < AWAKE * woken
    spread = np.exp(SPREAD * rng.standard_normal(shape, dtype=np.float32))
    sized = np.searchsorted(np.cumsum(ITEM_CHANCES)[:-1], chance(moments), side="right")
    return Units(
        ordered=awake[..., None] & (chance(moments) < often[..., None]),
        app=chance(moments) < np.asarray(BY_APP * dearer)[..., None],
        items=np.array(ITEMS, dtype=np.int8)[sized],
        price=_priced(dearer * spread),
        price_before=_priced(spread),
        ordered_before=rng.binomial(MOMENTS, often).astype(np.int64),
    )


def _priced(relative: Any) -> Ints:
    return np.asarray(4 * np.rint(PRICE / 4 * relative).astype(np.int64))
