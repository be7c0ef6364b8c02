"""Whether the change moves who is seen: units that go missing with it leave others to be compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.average_effect import Errors, average_effect
from impact_pipeline.stats.difference_in_differences.eligible import Eligible, eligible, eligible_rows
from impact_pipeline.stats.difference_in_differences.panel_regression import Inferred
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel

MOST_CELLS = 20_000_000


def lost_units(rows: Eligible) -> NDArray[np.bool_]:
    """By unit whether it has no row from the first start of any unit on."""
    last = np.zeros(len(rows.panel.units), dtype=np.intp)
    np.maximum.at(last, rows.panel.unit, rows.panel.period)
    return np.asarray(last < rows.starts.min(), dtype=np.bool_)


def effect_on_being_seen(rows: Eligible, errors: Errors, alpha: float, rng: np.random.Generator) -> Inferred | Refusal:
    """The average effect on whether a unit has a row in a period, over all units and periods.

    Without units that are never seen after the first start (`lost_units`): nothing says whether those were treated.

    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> unit, period = np.repeat(np.arange(8), 3), np.tile(np.arange(3), 8)
    >>> seen = ~((period == 2) & np.isin(unit, (0, 5)))
    >>> y, treated = np.arange(24.0) % 5, (unit < 4) & (period > 0)
    >>> rows = eligible(panel_of(unit[seen], period[seen], y[seen], treated[seen]))
    >>> round(effect_on_being_seen(rows, "CR1", 0.05, np.random.default_rng(0)).value, 9)
    0.0
    """
    cells = len(rows.panel.units) * len(rows.panel.periods)
    if cells > MOST_CELLS:
        return Refusal("missing_cells", f"{cells} cells of units and periods are too many to look at each")
    kept = eligible_rows(rows, ~lost_units(rows)[rows.panel.unit])
    panel, starts = kept.panel, kept.starts
    units, periods = len(panel.units), len(panel.periods)
    seen = np.zeros(units * periods)
    seen[panel.unit * periods + panel.period] = 1.0
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    cluster = None
    if panel.cluster is not None:
        first = np.unique(panel.unit, return_index=True)[1]
        cluster = panel.cluster[first][unit]
    whole = Panel(
        panel.units, panel.periods, unit, period, seen, (period >= starts[unit]).astype(np.float64), cluster=cluster
    )
    usable = eligible(whole)
    if isinstance(usable, Refusal):
        return usable
    found = average_effect(usable, errors, alpha, rng)
    return found if isinstance(found, Refusal) else found.inferred
