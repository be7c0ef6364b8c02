"""How often a plan may look at its numbers and still mean what it says."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Model

PlannedUnits = Annotated[int, Field(ge=2)]


class FixedLook(Model):
    """One look decides, when the last window has closed; earlier ones are for reading and test nothing."""

    type: Literal["fixed"]


class AlwaysValidLooks(Model):
    """Every night's interval holds at once with all others, so any night may decide.

    The sequence is tightest around `planned_units`, the units of all arms expected by the planned look. It costs some
    width: at alpha 0.05 the interval of the planned look is 1.55 times that of a single look.
    """

    type: Literal["always_valid"]
    planned_units: PlannedUnits


class GroupSequentialLooks(Model):
    """Interim looks on the nights of `on` and the planned look share alpha by a spending function.

    The information of a look is its share of `planned_units`, the units of all arms expected by the planned look.
    """

    type: Literal["group_sequential"]
    on: Annotated[tuple[date, ...], Field(min_length=1, max_length=20)]
    planned_units: PlannedUnits
    spending: Literal["obrien_fleming", "pocock"] = "obrien_fleming"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if list(self.on) != sorted(set(self.on)):
            raise ValueError("the dates of `on` stand in order, each once")
        return self


Looks = Annotated[FixedLook | AlwaysValidLooks | GroupSequentialLooks, Field(discriminator="type")]
