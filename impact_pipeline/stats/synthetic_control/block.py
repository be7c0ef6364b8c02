"""Treated units and donors over the same periods, before and after the change: what every method here is asked on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline.stats.synthetic_control.simplex import Floats, Places

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Outcomes (n + J, T), of n treated units first and then of J donors; the change begins in period `starts`.

    `predictors` (n + J, K) are what weights may be chosen by beside outcomes. `judged`, (starts,), are the periods
    before the change over which a fit of outcomes is judged.
    """

    names: tuple[str, ...]
    periods: tuple[str, ...]
    outcomes: Floats
    treated_count: int
    starts: int
    predictors: Floats
    judged: Mask

    @property
    def target(self) -> Floats:
        """The treated units' mean by period, (T,)."""
        return np.asarray(self.outcomes[: self.treated_count].mean(axis=0))

    @property
    def donors(self) -> Floats:
        return self.outcomes[self.treated_count :]

    @property
    def target_predictors(self) -> Floats:
        return np.asarray(self.predictors[: self.treated_count].mean(axis=0))

    @property
    def donor_predictors(self) -> Floats:
        return self.predictors[self.treated_count :]

    @property
    def donor_names(self) -> tuple[str, ...]:
        return self.names[self.treated_count :]

    def placebo(self, donors: Places) -> Block:
        """Some donors as if they had been treated and the others as theirs; the treated units are left out.

        >>> block = block_of_arrays(np.array([[9.0, 9.0], [1.0, 2.0], [3.0, 4.0]]), 1, 1)
        >>> block.placebo(np.array([1])).target.tolist(), block.placebo(np.array([1])).donor_names
        ([3.0, 4.0], ('1',))
        """
        rest = np.delete(np.arange(len(self.donors)), donors)
        return self.rows(self.treated_count + np.concatenate([donors, rest]), len(donors))

    def without(self, donors: Collection[str]) -> Block:
        """The block without some donors, by name."""
        names = self.donor_names
        kept = [self.treated_count + place for place, name in enumerate(names) if name not in donors]
        return self.rows(np.array([*range(self.treated_count), *kept], dtype=np.intp), self.treated_count)

    def rows(self, rows: Places, treated_count: int) -> Block:
        """The block of some of its rows, in their order, of which the first are treated units."""
        return replace(
            self, names=tuple(self.names[row] for row in rows), outcomes=self.outcomes[rows],
            predictors=self.predictors[rows], treated_count=treated_count,
        )  # fmt: skip

    def between(self, first: int, last: int, starts: int) -> Block:
        """Periods `first` to before `last` alone, with a change in period number `starts` of the whole block.

        >>> block_of_arrays(np.arange(10.0).reshape(2, 5), 1, 4).between(1, 4, 3).outcomes.tolist()
        [[1.0, 2.0, 3.0], [6.0, 7.0, 8.0]]
        """
        judged = np.ones(starts - first, dtype=np.bool_)
        known = self.judged[first:starts]
        judged[: len(known)] = known
        return replace(
            self, periods=self.periods[first:last], outcomes=self.outcomes[:, first:last], starts=starts - first,
            judged=judged if judged.any() else np.ones_like(judged),
        )  # fmt: skip

    def with_outcomes(self, outcomes: Floats, starts: int) -> Block:
        """Other outcomes of the same units over the same periods, all before `starts` judged."""
        return replace(self, outcomes=outcomes, starts=starts, judged=np.ones(starts, dtype=np.bool_))


def block_of_arrays(outcomes: Floats, treated_count: int, starts: int) -> Block:
    """A block whose units and periods have numbers as names, without predictors.

    >>> block_of_arrays(np.zeros((3, 4)), 1, 2).donor_names
    ('1', '2')
    """
    units, periods = outcomes.shape
    return Block(
        tuple(map(str, range(units))), tuple(map(str, range(periods))), outcomes, treated_count, starts,
        np.empty((units, 0)), np.ones(starts, dtype=np.bool_),
    )  # fmt: skip


def block_of(panel: Panel, *, donors: Sequence[str] = (), exclude: Sequence[str] = ()) -> Block | Refusal:
    """The block of a panel whose treated units all start together and stay treated.

    `donors` are the untreated units to use, by default all; `exclude` are left out of them. A period counts as treated
    from the first share above 0 on. Refused: cells that are missing, treatment that ends or starts at several times,
    no period before it, donors that are treated or unknown, an outcome without variation.
    """
    from_period = panel.treated_from
    is_treated = from_period < len(panel.periods)
    refused = _times(panel, from_period[is_treated]) or _names(panel, is_treated, (*donors, *exclude))
    if refused is not None:
        return refused
    used = [not donors or name in donors for name in panel.units] & ~np.isin(panel.units, list(exclude))
    rows = np.concatenate([np.flatnonzero(is_treated), np.flatnonzero(used & ~is_treated)])
    count = int(is_treated.sum())
    outcomes = panel.matrix(panel.outcome)[rows]
    names = tuple(panel.units[row] for row in rows)
    starts = int(from_period[is_treated][0])
    return _cells(names, panel.periods, outcomes) or _variation(outcomes, count) or Block(
        names, panel.periods, outcomes, count, starts, np.empty((len(rows), 0)), np.ones(starts, dtype=np.bool_)
    )  # fmt: skip


def _times(panel: Panel, starts: Places) -> Refusal | None:
    if panel.switches_off:
        named = ", ".join(panel.switches_off[:3])
        told = f"treatment ends or falls after it began in {len(panel.switches_off)} units ({named})"
        return Refusal("treatment_switches_off", f"{told}; end the sample before it, or leave these units out")
    if not len(starts):
        return Refusal("empty_arm", "no unit is treated in any period; say which rows are treated")
    if starts.min() < starts.max():
        first, last = panel.periods[starts.min()], panel.periods[starts.max()]
        told = f"treated units start at different times, from {first} to {last}"
        return Refusal("not_identified", f"{told}; use staggered_adoption, or one study for each time")
    if not starts.min():
        return Refusal(
            "no_pre_period", f"treatment begins in the first period, {panel.periods[0]}; add periods before it"
        )
    return None


def _names(panel: Panel, is_treated: Mask, asked: Sequence[str]) -> Refusal | None:
    treated = {name for name, is_on in zip(panel.units, is_treated, strict=True) if is_on}
    if both := sorted(treated & set(asked)):
        return Refusal("not_identified", f"donors that are treated themselves: {', '.join(both)}; take them out")
    if unknown := sorted(set(asked) - set(panel.units)):
        return Refusal("empty_arm", f"units that the sample does not have: {', '.join(unknown)}; correct the names")
    return None


def _cells(names: Sequence[str], periods: Sequence[str], outcomes: Floats) -> Refusal | None:
    lacking = np.argwhere(~np.isfinite(outcomes))
    if not len(lacking):
        return None
    unit, period = names[lacking[0][0]], periods[lacking[0][1]]
    told = f"{len(lacking)} of {outcomes.size} cells have no outcome, the first unit '{unit}' in period '{period}'"
    return Refusal("missing_cells", f"{told}; fill them, or leave out those units or periods")


def _variation(outcomes: Floats, treated_count: int) -> Refusal | None:
    if len(outcomes) == treated_count:
        return Refusal("empty_arm", "no untreated unit is left as a donor; add units that were never treated")
    if np.ptp(outcomes[treated_count:]) == 0:
        return Refusal("zero_variance", "all donors have one and the same outcome in every period")
    return None
