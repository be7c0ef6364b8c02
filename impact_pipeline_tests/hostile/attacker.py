"""An attacker who has every published number of every night, and solves for what none of them says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.optimize import linprog

from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.estimators.base import Estimate


@dataclass(frozen=True, slots=True)
class Atom:
    """Units that no published number tells apart: of one day, of one arm in each study, of one value of each segment.

    The attacker knows which values there are, not which of them go together, and that nobody spent a negative amount.
    """

    day: date
    arms: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str], ...]
    left_out_of: tuple[str, ...] = ()


Chosen = Callable[[Atom], bool]


@dataclass(frozen=True, slots=True)
class Published:
    """The sum, if it is told, and the number of units of a group, as of a look."""

    atoms: Chosen
    total: float | None
    units: int


def readings(cards: Iterable[Scorecard]) -> list[Published]:
    """Each arm of each result, by its mean and its number of units; what stands unchanged is of the look that told it.

    An exposed unit is known by number alone.
    """
    first: dict[tuple[object, ...], Published] = {}
    for card in cards:
        for segment, arm, total, units in _told(card):
            told = Published(_group(card, arm, segment), total, units)
            first.setdefault((card.study, segment, arm, total, units), told)
    return list(first.values())


def _told(card: Scorecard) -> Iterator[tuple[tuple[str, str], str, float | None, int]]:
    for result in card.estimates.results:
        if isinstance(result, Estimate):
            for arm, mean in result.means.items():
                yield result.segment, arm, mean * result.n_per_arm[arm], result.n_per_arm[arm]
    yield from ((("", ""), arm, None, units) for arm, units in card.exposed_per_arm.items())


def _group(card: Scorecard, arm: str, segment: tuple[str, str]) -> Chosen:
    def chosen(atom: Atom) -> bool:
        in_study = (card.study, arm) in atom.arms and card.study not in atom.left_out_of
        return in_study and atom.day <= card.as_of and segment in {("", ""), *atom.values}

    return chosen


def range_of_total(atoms: Sequence[Atom], told: Iterable[Published], wanted: Chosen) -> tuple[float, float]:
    """The least and the most that the wanted units may have spent together, given everything that was told."""
    return _range(atoms, [(one.atoms, one.total) for one in told if one.total is not None], wanted)


def range_of_units(atoms: Sequence[Atom], told: Iterable[Published], wanted: Chosen) -> tuple[float, float]:
    """The least and the largest number that the wanted units may be."""
    return _range(atoms, [(one.atoms, float(one.units)) for one in told], wanted)


def _range(atoms: Sequence[Atom], known: Sequence[tuple[Chosen, float]], wanted: Chosen) -> tuple[float, float]:
    rows = {tuple(float(chosen(atom)) for atom in atoms): value for chosen, value in known}
    target = np.array([float(wanted(atom)) for atom in atoms])
    sums, most = (np.array(list(rows)), np.array(list(rows.values()))), sum(rows.values())
    found = [linprog(sign * target, A_eq=sums[0], b_eq=sums[1], bounds=(0.0, most)) for sign in (1, -1)]
    assert all(one.success for one in found), found[0].message
    return float(found[0].fun), float(-found[1].fun)
