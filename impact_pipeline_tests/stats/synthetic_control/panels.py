"""Panels that the tests of synthetic controls share: California's, and drawn ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline.stats.synthetic_control.block import Block, block_of, block_of_arrays
from impact_pipeline.stats.synthetic_control.simplex import Floats

PUBLISHED = Path(__file__).parents[2] / "analysis" / "data"
COVARIATES = ("lnincome", "beer", "age15to24", "retprice")


def california() -> Panel:
    """Cigarette packs of 39 states, 1970-2000; California's control programme begins in 1989."""
    rows = pd.read_csv(PUBLISHED / "sc_prop99.csv")
    return panel_of(rows["State"], rows["Year"], rows["PacksPerCapita"], rows["treated"])


def california_with_covariates() -> Panel:
    """The same with what Abadie, Diamond and Hainmueller (2010) chose weights by; years are 1970.0, 1971.0, .."""
    rows = pd.read_csv(PUBLISHED / "sc_adh_weights.csv.gz")
    on = (rows["state"] == "California") & (rows["year"] >= 1989)
    covariates = {name: rows[name].to_numpy() for name in COVARIATES}
    return panel_of(rows["state"], rows["year"], rows["cigsale"], on.astype(float), covariates=covariates)


def block(panel: Panel) -> Block:
    """The panel's block, which is one."""
    found = block_of(panel)
    assert isinstance(found, Block), found
    return found


def outcomes(seed: int, *, donors: int = 15, before: int = 14, after: int = 5, treated: int = 1) -> Floats:
    """Treated units, mixtures of donors, then donors: levels, two factors that carry over, and noise."""
    rng = np.random.default_rng(seed)
    periods = before + after
    factors = rng.normal(size=(2, periods))
    for period in range(1, periods):
        factors[:, period] += 0.7 * factors[:, period - 1]
    signal = 3 * rng.normal(size=(donors, 1)) + rng.normal(size=(donors, 2)) @ factors
    shares = np.zeros((treated, donors))
    shares[:, :4] = rng.dirichlet(np.ones(4), size=treated)
    whole = np.vstack([shares @ signal, signal])
    return np.asarray(whole + np.cumsum(rng.normal(size=periods)) + rng.normal(size=whole.shape))


def drawn(seed: int, *, before: int = 14, treated: int = 1, donors: int = 15, after: int = 5) -> Block:
    """The block of drawn outcomes."""
    values = outcomes(seed, donors=donors, before=before, after=after, treated=treated)
    return block_of_arrays(values, treated, before)


def panel(values: Floats, before: int, treated: int = 1) -> Panel:
    """The panel of outcomes whose first units are treated after some periods."""
    units, periods = values.shape
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    on = (unit < treated) & (period >= before)
    return panel_of([f"u{place:02d}" for place in unit], period, values.ravel(), on.astype(float))
