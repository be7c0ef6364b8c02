"""The studies planted in the synthetic shop: who is treated, and by how much each lever is moved.

A lever is a rate or a size of the shop's events. From a unit's exposure on, the treatment multiplies it by
`1 + effect`, and nothing else differs between arms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Lever = Literal["orders", "amount", "tickets", "hits"]
LEVERS: tuple[Lever, ...] = ("orders", "amount", "tickets", "hits")
ExpectedVerdict = Literal["ship", "rollback", "inconclusive", "invalid"]


@dataclass(frozen=True, slots=True)
class Fade:
    """The effect is whole on days 0 .. `full_days` - 1 of a unit's exposure, then falls to nothing on `gone_day`."""

    full_days: int
    gone_day: int

    def factor(self, day: int) -> float:
        """The share of the effect that is left on a day counted from the unit's exposure."""
        return min(1.0, max(0.0, (self.gone_day - day) / (self.gone_day - self.full_days + 1)))


@dataclass(frozen=True, slots=True)
class Phase:
    """From `begins`, a share of the days of exposure that have passed, this share of new units is treated."""

    begins: float
    treated: float


@dataclass(frozen=True, slots=True)
class PlantedStudy:
    """One study. A unit keeps the arm of its first exposure, whatever the share of later phases.

    `lost_share` of treated contacts on mobile devices are not logged; `mixed_share` of units are later logged in the
    other arm.
    """

    name: str
    expected: ExpectedVerdict
    effects: Mapping[Lever, float] = field(default_factory=dict)
    phases: tuple[Phase, ...] = (Phase(0.0, 0.5),)
    lost_share: float = 0.0
    mixed_share: float = 0.0
    fade: Fade | None = None

    def effect(self, lever: Lever, day: int) -> float:
        """The relative effect on a lever on a day counted from a unit's exposure."""
        return self.effects.get(lever, 0.0) * (1.0 if self.fade is None else self.fade.factor(day))


STUDIES: tuple[PlantedStudy, ...] = (
    PlantedStudy("ranker_v7", "ship", {"orders": 0.12}, mixed_share=0.003),
    PlantedStudy("search_aa", "inconclusive"),
    PlantedStudy("checkout_srm", "invalid", {"orders": 0.05}, lost_share=0.14),
    PlantedStudy("pricing_harm", "rollback", {"amount": 0.08, "tickets": 0.60}),
    PlantedStudy("reco_ramp", "ship", {"orders": 0.15}, phases=(Phase(0.0, 0.2), Phase(1 / 6, 0.5))),
    PlantedStudy("homepage_novelty", "inconclusive", {"orders": 0.25}, fade=Fade(full_days=3, gone_day=7)),
    PlantedStudy("fraud_ratio", "ship", {"hits": 0.15}),
)
