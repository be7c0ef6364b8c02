"""What estimates are made of: results, contrasts, reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

Grade = Literal["A", "B", "C", "D"]


NO_LIFT = "no lift: a share of this metric has no meaning"
"""Why results of a metric that is declared without `lift` have none."""


class Reason(StrEnum):
    """Why there is no number to show: it cannot be computed, or is withheld from readers of a blinded study."""

    TOO_FEW_UNITS = "too_few_units"
    TOO_FEW_CLUSTERS = "too_few_clusters"
    MIXED_CLUSTERS = "mixed_clusters"
    EMPTY_ARM = "empty_arm"
    ZERO_VARIANCE = "zero_variance"
    DENOMINATOR_NEAR_ZERO = "denominator_near_zero"
    QUANTILE_BEYOND_DATA = "quantile_beyond_data"
    WINDOW_NOT_CLOSED = "window_not_closed"
    MEASURE_UNDEFINED = "measure_undefined"
    DEFINITION_BROKEN = "definition_broken"
    COLLINEAR = "collinear"
    UNBOUNDED_INTERVAL = "unbounded_interval"
    NO_ESTIMATOR = "no_estimator"
    NO_PRE_PERIOD = "no_pre_period"
    TOO_FEW_PERIODS = "too_few_periods"
    MISSING_CELLS = "missing_cells"
    TREATMENT_SWITCHES_OFF = "treatment_switches_off"
    NO_OVERLAP = "no_overlap"
    NO_SUPPORT = "no_support"
    NOT_IDENTIFIED = "not_identified"
    POOR_FIT = "poor_fit"
    WITHHELD = "withheld"
    BLINDED = "blinded"


@dataclass(frozen=True, slots=True)
class Interval:
    lower: float
    upper: float
    level: float


@dataclass(frozen=True, slots=True)
class Contrast:
    treatment: str
    control: str


@dataclass(frozen=True, slots=True)
class Relative:
    """Lift over control, `(treatment - control) / control`, as a share."""

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """One-sided test that the treatment is worse than control by less than the margin.

    `bound` is the worst change not excluded at `level`: a lift where the margin is relative, a difference where it is
    absolute, None where it is unbounded. `p_value <= 1 - level` exactly when it lies within the margin.
    """

    margin: float
    relative: bool
    p_value: float
    bound: float | None
    level: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its uncertainty. Interval and p-value come from one method; `p_value` is two-sided against 0.

    `std_error` is None where the method has none, such as a permutation of units.

    `means` are the arms' means as the method sees them (adjusted, post-stratified): `value` is their difference.
    `variance_ratio` is the variance over that of the same estimate without its covariates. `inference` says for which
    looks interval and p-value hold. `cap` is the largest value a unit could count with, in the metric's unit. `variant`
    is "" for the metric itself. `notes` name what was repaired.
    """

    metric: str
    contrast: Contrast
    segment: tuple[str, str]
    method: str
    estimand: str
    value: float
    std_error: float | None
    interval: Interval
    p_value: float
    degrees_of_freedom: float | None
    means: Mapping[str, float]
    n_per_arm: Mapping[str, int]
    relative: Relative | None
    relative_refused: str | None = None
    variance_ratio: float | None = None
    non_inferiority: NonInferiority | None = None
    notes: tuple[str, ...] = ()
    grade: Grade = "A"
    inference: str = "fixed_horizon"
    variant: str = ""
    cap: float | None = None
    type: Literal["estimate"] = "estimate"


@dataclass(frozen=True, slots=True)
class NotEstimable:
    """A number that cannot be computed, with the reason; travels the same road as an estimate."""

    metric: str
    contrast: Contrast
    segment: tuple[str, str]
    method: str
    reason: Reason
    detail: str
    n_per_arm: Mapping[str, int]
    variant: str = ""
    type: Literal["not_estimable"] = "not_estimable"

    @property
    def withheld(self) -> bool:
        """Whether there is a number, which would tell of too few units."""
        return self.reason is Reason.WITHHELD


Result = Estimate | NotEstimable


@dataclass(frozen=True, slots=True)
class TrajectoryPoint:
    """The all-units result of one metric and contrast as a look at `as_of` would have read it."""

    as_of: date
    metric: str
    contrast: Contrast
    value: float
    interval: Interval
