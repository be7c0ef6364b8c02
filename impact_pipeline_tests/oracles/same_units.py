"""Units drawn once, seen by a study through its cells and by other implementations as rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline_tests.simulations.cells_of_draws import cells
from impact_pipeline_tests.simulations.events import Units, arms
from impact_pipeline_tests.simulations.shop import study
from impact_pipeline_tests.simulations.unit_values import UNIT_VALUES, item_prices

SAME_FORMULA = 1e-8
"""Relative: floats added in another order."""

UNITS = 900
"""In each arm."""

DRAWN: dict[str, Units] = arms(np.random.default_rng(20), np.array([0.15]), "dearer", nights=1, units=UNITS)


def estimate(metric: str, **plan: Any) -> Estimate:
    """The study's own estimate of one metric."""
    found = study(metric, 1, **plan)
    results = estimate_study(found, cells(DRAWN, metric), found.planned_look, final=True, plan_digest="").results
    [result] = (one for one in results if one.segment == ALL_UNITS)
    assert isinstance(result, Estimate), result
    return result


def rows(metric: str) -> pd.DataFrame:
    """Columns arm, treated (0 or 1), y, d and x0, x1 .. in the metric's own unit."""
    return pd.concat([_of_arm(arm, metric) for arm in DRAWN], ignore_index=True)


def order_rows() -> pd.DataFrame:
    """One row for each order: arm, treated, its unit, and its price and price per item in EUR."""
    return pd.concat([_orders_of(arm) for arm in DRAWN], ignore_index=True)


def _of_arm(arm: str, metric: str) -> pd.DataFrame:
    values = UNIT_VALUES[metric](DRAWN[arm])
    x = {f"x{i}": own.ravel() / 10**s for i, (own, s) in enumerate(zip(values.x, values.x_scales, strict=True))}
    known = {"y": values.y.ravel() / 10**values.y_scale, **x}
    known |= {} if values.d is None else {"d": values.d.ravel().astype(float)}
    return pd.DataFrame({"arm": arm, "treated": float(arm == "treatment"), **known})


def _orders_of(arm: str) -> pd.DataFrame:
    units = DRAWN[arm]
    ordered = units.ordered[0, 0]
    unit, moment = np.nonzero(ordered)
    known = {"unit": [f"{arm} {place}" for place in unit], "price": units.price[0, 0][unit] / 100}
    known["item_price"] = item_prices(units)[0, 0][unit, moment] / 100
    return pd.DataFrame({"arm": arm, "treated": float(arm == "treatment"), **known})
