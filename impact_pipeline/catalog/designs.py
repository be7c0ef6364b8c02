"""How units came to their arms: what a plan's `design` may be."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.causal.designs import AnyCausalDesign
from impact_pipeline.catalog.document import Model, Name

Arms = Annotated[dict[Name, Annotated[float, Field(ge=0, le=1)]], Field(min_length=2)]

UNITS_RANDOMISED = frozenset({"randomized", "staged_rollout", "holdout"})
"""Types of designs in which units are given their arms at random, one by one."""

CLUSTERS_RANDOMISED = frozenset({"cluster_randomized"})
"""Types of designs in which whole clusters of units are."""

RANDOMISED = UNITS_RANDOMISED | CLUSTERS_RANDOMISED

BLOCKS_RANDOMISED = frozenset({"switchback"})
"""Types of designs in which blocks of time are: a plan's units are then blocks."""

CLUSTER = "~cluster"
"""The name by which cells keep clusters apart, as they keep the values of a segment; no segment can have it."""

BIN = "~bin"
"""The same for bins of control's units, by which an A/A simulation splits them."""


def _shares_add_up(arms: dict[str, float]) -> None:
    if abs(sum(arms.values()) - 1) > 1e-9:
        raise ValueError(f"arm shares add up to {sum(arms.values()):g}; they must add up to 1")


class _ConstantShares(Model):
    arms: Arms
    control: Name

    @model_validator(mode="after")
    def _arms_are_sound(self) -> Self:
        _shares_add_up(self.arms)
        if self.control not in self.arms:
            raise ValueError(f"control '{self.control}' is not an arm; arms are {sorted(self.arms)}")
        return self


class RandomizedDesign(_ConstantShares):
    """Units are randomised to arms with constant shares."""

    type: Literal["randomized"]


class ClusterRandomizedDesign(_ConstantShares):
    """Whole clusters of units (the users of a store, of a region) are randomised to arms.

    `cluster` is the column of the exposure dataset that names a unit's cluster; shares are those of clusters.
    """

    type: Literal["cluster_randomized"]
    cluster: Name


class SwitchbackDesign(_ConstantShares):
    """Regions change arm from one block of time to the next; units are blocks, exposed at their start.

    `cluster` is the column of the exposure dataset that names a block's region. Events of the first `washout_minutes`
    of a block do not count: what they come of began under the arm before.
    """

    type: Literal["switchback"]
    cluster: Name
    block_minutes: Annotated[int, Field(ge=1, le=10_080)]
    washout_minutes: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.washout_minutes >= self.block_minutes:
            washed = f"washout_minutes {self.washout_minutes}"
            raise ValueError(f"{washed} leave nothing of blocks of {self.block_minutes} minutes; shorten them")
        if len(self.arms) > 2:
            raise ValueError(f"a switchback compares two arms; found {', '.join(self.arms)}")
        return self


class HoldoutDesign(_ConstantShares):
    """Some units keep what was before, while changes ship to all others: what do these earn together, for good?

    `control` is the arm that is held out; `holds_back` names the studies whose changes it does not get.
    """

    type: Literal["holdout"]
    holds_back: Annotated[tuple[Name, ...], Field(min_length=1)]


class Phase(Model):
    """From `starts` (inclusive) until the next phase the arms have these shares."""

    starts: date
    arms: Arms


class StagedRolloutDesign(Model):
    """A ramp: shares change by phase, so effects and sample ratios are taken within phases and then combined.

    Phase effects are weighted by all exposed units of the phase.
    """

    type: Literal["staged_rollout"]
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    control: Name

    @property
    def arms(self) -> dict[str, float]:
        return self.phases[-1].arms

    @model_validator(mode="after")
    def _phases_are_sound(self) -> Self:
        names = set(self.phases[0].arms)
        for phase in self.phases:
            _shares_add_up(phase.arms)
            if set(phase.arms) != names:
                raise ValueError("every phase names the same arms; write a share of 0 for an arm that is paused")
        if [p.starts for p in self.phases] != sorted({p.starts for p in self.phases}):
            raise ValueError("phases stand in order of `starts`, each on its own day")
        if self.control not in names:
            raise ValueError(f"control '{self.control}' is not an arm; arms are {sorted(names)}")
        return self


AnyRandomisedDesign = (
    RandomizedDesign | ClusterRandomizedDesign | StagedRolloutDesign | SwitchbackDesign | HoldoutDesign
)

Design = Annotated[AnyRandomisedDesign | AnyCausalDesign, Field(discriminator="type")]

TREATED, UNTREATED = "treated", "untreated"
"""The two worlds that a causal design compares: with the change, and without it."""


def arm_shares(design: Design) -> dict[str, float]:
    """Arm -> planned share, of the last phase where shares change; empty where nobody is given an arm."""
    return design.arms if isinstance(design, AnyRandomisedDesign) else {}


def control_arm(design: Design) -> str:
    """The arm that others are compared with."""
    return design.control if isinstance(design, AnyRandomisedDesign) else UNTREATED


def arms_in_order(design: Design) -> tuple[str, ...]:
    """Control first, then the others by name."""
    if not isinstance(design, AnyRandomisedDesign):
        return UNTREATED, TREATED
    return (design.control, *sorted(set(design.arms) - {design.control}))


def cluster_column(design: Design) -> str | None:
    """The column that names a unit's cluster (a block's region), where cells keep clusters apart."""
    return design.cluster if isinstance(design, ClusterRandomizedDesign | SwitchbackDesign) else None


def washout_minutes(design: Design) -> int:
    """How long after its exposure a unit's events do not count yet."""
    return design.washout_minutes if isinstance(design, SwitchbackDesign) else 0
