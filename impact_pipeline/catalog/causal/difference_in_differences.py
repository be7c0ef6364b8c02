"""Treated and untreated units before and after: all treated ones start together."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Model


class DifferenceInDifferences(Model):
    """Treated and untreated units before and after: all treated ones start together.

    `two_way_fixed_effects` follows units of a panel; `group_means` compares four means where other units are seen each
    time. Errors `auto` are CR1 by cluster with 40 clusters and 10 of each side, CR2 with Satterthwaite's degrees of
    freedom below that, HC1 for rows without clusters; with one cluster of a side there is no answer.

    `anticipation` periods before its start a treated unit may already react. Effects by event time are measured
    against `reference` (by default the last period before any anticipation), and periods before `-leads` or after
    `lags` share one effect. `placebo_draws` is how often treatment is dealt anew among units.
    """

    type: Literal["difference_in_differences"]
    estimator: Literal["two_way_fixed_effects", "group_means"] = "two_way_fixed_effects"
    errors: Literal["auto", "classical", "HC1", "CR1", "CR2", "wild_bootstrap"] = "auto"
    anticipation: Annotated[int, Field(ge=0, le=1000)] = 0
    reference: Annotated[int, Field(le=-1)] | None = None
    leads: Annotated[int, Field(ge=1)] | None = None
    lags: Annotated[int, Field(ge=0)] | None = None
    missing_cells: Literal["allow", "refuse"] = "allow"
    placebo_draws: Annotated[int, Field(ge=39, le=9999)] = 199

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.event_reference >= -self.anticipation:
            raise ValueError(
                f"reference {self.event_reference} lies within the {self.anticipation} periods of anticipation; "
                f"take {-1 - self.anticipation} or earlier"
            )
        if self.leads is not None and -self.leads > self.event_reference:
            raise ValueError(f"leads {self.leads} end after the reference {self.event_reference}; take more leads")
        of_periods = {name for name in ("anticipation", "reference", "leads", "lags") if name in self.model_fields_set}
        if self.estimator == "group_means" and of_periods:
            raise ValueError(f"group_means knows before and after only; leave out {', '.join(sorted(of_periods))}")
        return self

    @property
    def event_reference(self) -> int:
        """Event time that effects are measured against."""
        return -1 - self.anticipation if self.reference is None else self.reference
