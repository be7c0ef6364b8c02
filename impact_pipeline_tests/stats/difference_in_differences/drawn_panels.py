"""Panels with known errors, small enough for regressions with a dummy for every unit and period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.eligible import Eligible, eligible
from impact_pipeline.stats.samples.panel import Panel, panel_of

Floats = NDArray[np.float64]


def drawn(
    seed: int = 0, *, units: int = 20, periods: int = 6, start: int = 3, treated: int = 8, effect: float = 1.0,
    seen: float = 1.0, weighted: bool = False, covariates: tuple[str, ...] = (), clusters: int | None = None,
    groups: int | None = None,
) -> Panel:  # fmt: skip
    """Treated units come first; a share `seen` of cells is there."""
    rng = np.random.default_rng(seed)
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    on = (unit < treated) & (period >= start)
    outcome = rng.normal(size=units)[unit] + rng.normal(size=periods)[period] + effect * on + rng.normal(size=len(unit))
    columns = {name: rng.normal(size=len(unit)) + 0.5 * outcome for name in covariates}
    panel = panel_of(
        unit.tolist(), period.tolist(), outcome, on,
        covariates=columns, weights=rng.uniform(0.5, 2.0, len(unit)) if weighted else None,
        cluster=None if clusters is None else (unit % clusters).tolist(),
        period_group=None if groups is None else (unit % groups).tolist(),
    )  # fmt: skip
    return panel if seen == 1 else panel.keep(rng.random(len(panel)) < seen)


def rows_of(panel: Panel) -> Eligible:
    found = eligible(panel)
    assert isinstance(found, Eligible), found
    return found


def dummies(panel: Panel) -> Floats:
    """A column for each unit and each period (of each group) but one."""
    units = (panel.unit[:, None] == np.arange(len(panel.units))).astype(np.float64)
    cell = panel.period if panel.period_group is None else panel.period_group * 1000 + panel.period
    cells = (cell[:, None] == np.unique(cell)[None, :]).astype(np.float64)
    return np.hstack([units, cells])


def annihilated(panel: Panel, column: Floats) -> Floats:
    """Residuals of a column on all dummies, by a generalised inverse."""
    root = np.ones(len(panel)) if panel.weights is None else np.sqrt(panel.weights)
    basis = dummies(panel) * root[:, None]
    return column - dummies(panel) @ np.linalg.lstsq(basis, root * column, rcond=None)[0]
