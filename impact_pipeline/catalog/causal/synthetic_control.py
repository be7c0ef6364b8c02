"""One (or few) treated units against a weighted average of untreated ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Expression, Model

PeriodLabel = str | int | float | date
"""A period as the sample's column has it: 1988, '2020Q3', 2020-07-01."""

UnitName = Annotated[str, Field(min_length=1, max_length=200)]
Share = Annotated[float, Field(ge=0, le=1)]

ROUNDED = 0.005
"""How far weights that are given may be from adding up to 1: published ones are rounded."""

DIFFERENCES = frozenset({"synthetic_difference_in_differences", "difference_in_differences"})
"""Methods that give every unit a level of its own, with standard errors of their own kind."""


class PeriodWindow(Model):
    """Periods from `first` to `last`, both included."""

    first: PeriodLabel
    last: PeriodLabel


class SyntheticControl(Model):
    """One (or few) treated units, all from one time on, against a weighted average of untreated ones.

    `predictors` are covariates of the sample, by name, and the periods that they are averaged over; `lagged_outcomes`
    are outcomes of single periods, as further predictors. `fit_window` is where gaps of outcomes are judged, by default
    all periods before the change. `weights` fix the treated unit's donors in place of a fit; placebos are fitted still.

    `inference: placebo` ranks the effect among those of donors in the treated unit's place; `conformal` asks whether
    periods after the change stand out, which few donors allow, too. Effects are ranked relative to the error before the
    change: that of periods held out of the fit one by one (`relative_to: held_out_error`), since many donors fit few
    periods better than they foretell others, or that of the fit itself (`pre_period_error`: the classic, and always
    with predictors). `errors` are those of (synthetic) difference-in-differences. `draws` bounds groups of placebos,
    bootstrap samples and permutations that are drawn.

    `largest_placebo_mspe_ratio` leaves out donors whose mean squared gap before the change is more than so many times
    the treated unit's; by default none is, since placebos are judged relative to it. `ridge` fixes that of the
    augmented method; else it is cross-validated by `ridge_rule`. `unit_means` takes units' own means out first.
    `weight_search: early_stopped` is the published search, for tables made by it; `exact` ends at the optimum.
    """

    type: Literal["synthetic_control"]
    method: Literal[
        "outcome_only",
        "predictors",
        "augmented",
        "synthetic_difference_in_differences",
        "difference_in_differences",
    ] = "outcome_only"
    donors: tuple[UnitName, ...] = ()
    exclude: tuple[UnitName, ...] = ()
    predictors: Mapping[Expression, PeriodWindow] = Field(default_factory=dict)
    lagged_outcomes: tuple[PeriodLabel, ...] = ()
    fit_window: PeriodWindow | None = None
    weights: Mapping[UnitName, Share] = Field(default_factory=dict)
    inference: Literal["placebo", "conformal"] = "placebo"
    permutations: Literal["moving_block", "iid"] = "moving_block"
    relative_to: Literal["held_out_error", "pre_period_error"] = "held_out_error"
    errors: Literal["placebo", "jackknife", "bootstrap"] = "placebo"
    draws: Annotated[int, Field(ge=20, le=100_000)] = 500
    largest_placebo_mspe_ratio: Annotated[float, Field(ge=1)] | None = None
    ridge: Annotated[float, Field(gt=0)] | None = None
    ridge_rule: Literal["one_standard_error", "least_error"] = "one_standard_error"
    unit_means: bool = False
    weight_search: Literal["exact", "early_stopped"] = "exact"

    @model_validator(mode="after")
    def _settings_belong_to_the_method(self) -> Self:
        for problem in (self._of_predictors(), self._of_inference(), self._of_augmentation(), self._of_weights()):
            if problem:
                raise ValueError(problem)
        return self

    def _of_predictors(self) -> str | None:
        given = bool(self.predictors or self.lagged_outcomes)
        if (self.method == "predictors") == given:
            return None
        if given:
            return f"method '{self.method}' has no predictors; write `method: predictors`, or leave them out"
        return "method 'predictors' needs `predictors` or `lagged_outcomes`; name some, or write `method: outcome_only`"

    def _of_inference(self) -> str | None:
        if self.inference == "conformal" and self.method not in ("outcome_only", "augmented"):
            return f"conformal inference is for the methods outcome_only and augmented, not '{self.method}'"
        if self.errors != "placebo" and self.method not in DIFFERENCES:
            return f"`errors: {self.errors}` is for {' and '.join(sorted(DIFFERENCES))}, not '{self.method}'"
        if self.fit_window is not None and self.method not in ("outcome_only", "predictors"):
            return f"method '{self.method}' judges all periods before the change; leave `fit_window` out"
        return None

    def _of_augmentation(self) -> str | None:
        if self.method != "augmented" and (self.ridge is not None or self.unit_means):
            return f"`ridge` and `unit_means` are settings of the augmented method, not of '{self.method}'"
        if self.weight_search != "exact" and self.method in ("augmented", "predictors"):
            return f"method '{self.method}' is only solved exactly; leave `weight_search` out"
        return None

    def _of_weights(self) -> str | None:
        if not self.weights:
            return None
        if self.method not in ("outcome_only", "predictors") or self.inference != "placebo":
            return "`weights` go with the methods outcome_only and predictors, and with placebo inference"
        total = sum(self.weights.values())
        if abs(total - 1) > ROUNDED:
            return f"`weights` add up to {total:g}; they are shares of 1"
        return None
