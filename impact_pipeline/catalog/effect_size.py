"""How large an effect is, in a plan: as a share of the control mean, or in the metric's unit."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Model


class EffectSize(Model):
    """A size above 0, whose direction its use tells: `relative` to the control mean, or `absolute`. One of the two.

    >>> EffectSize(relative=0.02).of_mean(5.0), EffectSize(absolute=0.3).of_mean(5.0)
    (0.1, 0.3)
    """

    relative: Annotated[float, Field(gt=0)] | None = None
    absolute: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.relative is None) == (self.absolute is None):
            raise ValueError("name either `relative` or `absolute`, and not both")
        return self

    def of_mean(self, control: float) -> float:
        """The size in the metric's unit, where control has this mean."""
        return self.absolute if self.absolute is not None else (self.relative or 0.0) * abs(control)
