"""Panels that tests of staggered adoption share: the counties of Callaway and Sant'Anna, and small drawn ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts, cohorts_of
from impact_pipeline.stats.staggered_adoption.comparable import Comparison, comparable

COUNTIES = Path(__file__).parents[2] / "analysis" / "data" / "cs_mpdta.csv.gz"


@cache
def counties() -> pd.DataFrame:
    """500 counties in 2003 - 2007; `g` is the year of a higher minimum wage, `state` the county's region."""
    frame = pd.read_csv(COUNTIES)
    return frame.assign(state=frame["countyreal"] // 1000)


def panel(frame: pd.DataFrame, *, covariates: tuple[str, ...] = (), cluster: str = "") -> Panel:
    treated = ((frame["g"] > 0) & (frame["year"] >= frame["g"])).astype(float)
    return panel_of(
        frame["countyreal"].tolist(), frame["year"].tolist(), frame["lemp"].to_numpy(), treated.to_numpy(),
        covariates={name: frame[name].to_numpy() for name in covariates},
        cluster=frame[cluster].tolist() if cluster else None,
    )  # fmt: skip


def cohorts(sample: Panel, comparison: Comparison = "never_treated", anticipation: int = 0) -> Cohorts:
    """Comparable cohorts of a panel that has some."""
    whole = cohorts_of(sample)
    assert isinstance(whole, Cohorts)
    found = comparable(whole, comparison, anticipation)
    assert isinstance(found, Cohorts)
    return found


def drawn(first: list[int], periods: int, *, seed: int = 0, **given: Any) -> Cohorts:
    """Units that adopt at these places, with normal outcomes; `given` are other fields."""
    outcome: Array = np.random.default_rng(seed).normal(size=(len(first), periods))
    labels = tuple(str(period) for period in range(periods))
    fields = {"weights": np.ones(len(first)), **given}
    return Cohorts(labels, np.arange(len(first)), np.sort(first), outcome, **fields)


def frame_of(found: Cohorts, never: float = 0.0) -> pd.DataFrame:
    """One row for each unit and period, counted from 1, as other libraries take them."""
    n, periods = found.outcome.shape
    adopts = np.where(found.first < periods, found.first + 1.0, never)
    return pd.DataFrame(
        {"unit": np.repeat(np.arange(n), periods), "period": np.tile(np.arange(1, periods + 1), n),
         "y": found.outcome.ravel(), "g": np.repeat(adopts, periods), "weight": np.repeat(found.weights, periods)}
    )  # fmt: skip
