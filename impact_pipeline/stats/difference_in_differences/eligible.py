"""What can be asked of a panel before and after a change: rows that count, and why there is no answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel

Bools = NDArray[np.bool_]
Places = NDArray[np.intp]

NAMED = 3
"""Units that a sentence names before it counts the rest."""


@dataclass(frozen=True, eq=False)
class Eligible:
    """A panel whose rows count, by unit the place of its first treated period (`never` without one), and notes.

    `since` is by row the periods since its unit's start; `never` in rows of units without one.
    """

    panel: Panel
    starts: Places
    notes: tuple[str, ...]

    @property
    def never(self) -> int:
        return len(self.panel.periods)

    @property
    def is_treated(self) -> Bools:
        """By row whether its unit is ever treated."""
        return self.starts[self.panel.unit] < self.never

    @property
    def since(self) -> Places:
        found = self.panel.period - self.starts[self.panel.unit]
        return np.where(self.is_treated, found, self.never)

    @property
    def treated_units(self) -> int:
        return int(np.count_nonzero(self.starts < self.never))

    def without_anticipation(self, periods: int) -> Eligible:
        """Without rows of treated units in the last periods before their start."""
        since = self.since
        return self if not periods else eligible_rows(self, (since >= 0) | (since < -periods))


def eligible_rows(found: Eligible, rows: Bools) -> Eligible:
    """Some rows of an eligible panel; a period that loses its last row is gone from the order of periods."""
    if rows.all():
        return found
    panel = found.panel.keep(rows)
    return Eligible(panel, starts_of(panel), found.notes)


def starts_of(panel: Panel) -> Places:
    """By unit the place of its first treated period, `len(periods)` without one, where cells may be missing.

    A unit whose first treated cell is missing starts at the earliest start of any unit that its own rows allow.

    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> starts_of(panel_of(["a", "a", "a", "b", "b"], [1, 2, 3, 1, 3], [0.0] * 5, [0, 1, 1, 0, 1])).tolist()
    [1, 1]
    """
    first, never = panel.treated_from, len(panel.periods)
    last_untreated = np.full(len(panel.units), -1, dtype=np.intp)
    off = panel.treated == 0
    np.maximum.at(last_untreated, panel.unit[off], panel.period[off])
    known = np.append(np.unique(first[first < never]), never)
    return np.where(first < never, known[np.searchsorted(known, last_untreated + 1)], never)


def eligible(panel: Panel, *, missing_cells: bool = True) -> Eligible | Refusal:
    """Rows with weight, of units seen at least twice and, if treated, before their treatment; the rest is noted.

    Refused: an outcome that is not finite or does not vary, treatment that ends or falls, nobody treated or everybody
    from one period on, no period before it, and missing cells where they are not allowed.

    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> eligible(panel_of(["a", "a", "b", "b"], [1, 2, 1, 2], [1.0, 2.0, 3.0, 4.0], [1, 0, 0, 0])).reason
    'treatment_switches_off'
    """
    if refusal := _not_usable(panel):
        return refusal
    kept, notes = _weighed(panel)
    if refusal := _not_answerable(kept, missing_cells):
        return refusal
    never_before = _share_of_rows(kept, kept.period < starts_of(kept)[kept.unit]) == 0
    once = np.bincount(kept.unit, minlength=len(kept.units)) < 2
    treated = kept.treated_from < len(kept.periods)
    if (never_before | once)[treated].all():
        return Refusal(
            "no_pre_period",
            "no treated unit was seen both before its treatment and later; add rows of periods before the change",
        )
    for out, why in ((never_before & treated, "seen only under treatment"), (once & ~never_before, "seen once")):
        if out.any():
            notes = (*notes, f"{int(out.sum())} units {why} tell nothing and are left out: {_named(kept, out)}.")
    left = ~((never_before & treated) | once)[kept.unit]
    kept = kept if left.all() else kept.keep(left)
    starts = starts_of(kept)
    if (starts == starts[0]).all():
        return Refusal("empty_arm", "no unit that stays untreated was seen twice; there is nobody to compare with")
    return Eligible(kept, starts, notes)


def _not_usable(panel: Panel) -> Refusal | None:
    named = [("the outcome", panel.outcome), ("treated", panel.treated)]
    named += [(f"'{name}'", values) for name, values in panel.covariates.items()]
    named += [] if panel.weights is None else [("the weight", panel.weights)]
    for name, values in named:
        if missing := int(np.count_nonzero(~np.isfinite(values))):
            return Refusal("measure_undefined", f"{name} has no finite value in {missing} of {len(panel)} rows")
    if panel.weights is not None and (panel.weights < 0).any():
        return Refusal("measure_undefined", f"{int((panel.weights < 0).sum())} rows have a weight below 0")
    if len(panel) and (panel.treated.min() < 0 or panel.treated.max() > 1):
        return Refusal("measure_undefined", "treated is the share of a period under treatment, from 0 to 1")
    return None


def _weighed(panel: Panel) -> tuple[Panel, tuple[str, ...]]:
    """Rows whose weight is above 0."""
    if panel.weights is None or (panel.weights > 0).all():
        return panel, ()
    light = panel.weights == 0
    return panel.keep(~light), (f"{int(light.sum())} rows of weight 0 are left out.",)


def _not_answerable(panel: Panel, missing_cells: bool) -> Refusal | None:
    starts, never = starts_of(panel), len(panel.periods)
    if len(panel.periods) < 2:
        return Refusal("too_few_periods", f"{len(panel.periods)} period was seen; a change needs one before and after")
    if off := panel.switches_off:
        return Refusal("treatment_switches_off", _off(panel, off))
    if (starts == never).all():
        return Refusal("empty_arm", "no unit is ever treated; treated has to be above 0 from the change on")
    if (starts == starts[0]).all():
        return Refusal("empty_arm", "all units are treated from the same period on; there is nobody to compare with")
    if starts.min() == 0 and (starts[starts < never] == 0).all():
        return Refusal("no_pre_period", "all treated units are treated from the first period on; add periods before")
    if not missing_cells and not panel.is_balanced:
        cells = len(panel.units) * len(panel.periods)
        return Refusal("missing_cells", f"{cells - len(panel)} of {cells} cells of units and periods have no row")
    if np.ptp(panel.outcome) == 0:
        return Refusal("zero_variance", f"the outcome is {panel.outcome[0]:g} in every row")
    return None


def _off(panel: Panel, off: tuple[str, ...]) -> str:
    units = ", ".join(off[:NAMED]) + (f" and {len(off) - NAMED} others" if len(off) > NAMED else "")
    return f"treatment ends or falls after it began in {len(off)} units ({units}); end the panel before that"


def _share_of_rows(panel: Panel, rows: Bools) -> NDArray[np.float64]:
    counts = np.bincount(panel.unit, minlength=len(panel.units))
    return np.bincount(panel.unit, rows, len(panel.units)) / np.maximum(counts, 1)


def _named(panel: Panel, chosen: Bools) -> str:
    units = [panel.units[place] for place in np.flatnonzero(chosen)[:NAMED]]
    rest = int(chosen.sum()) - len(units)
    return ", ".join(units) + (f" and {rest} others" if rest else "")
