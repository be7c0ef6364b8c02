"""What an estimator takes and returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal, Protocol

from impact_pipeline.catalog.metric import Metric
from impact_pipeline.catalog.plan import Margin
from impact_pipeline.stats.moments import Moments

Grade = Literal["A", "B", "C", "D"]


class Reason(StrEnum):
    """Why a number cannot be computed."""

    TOO_FEW_UNITS = "too_few_units"
    EMPTY_ARM = "empty_arm"
    ZERO_VARIANCE = "zero_variance"
    DENOMINATOR_NEAR_ZERO = "denominator_near_zero"
    WINDOW_NOT_CLOSED = "window_not_closed"
    MEASURE_UNDEFINED = "measure_undefined"
    DEFINITION_BROKEN = "definition_broken"
    NO_ESTIMATOR = "no_estimator"


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
    absolute, None where it is unbounded. `p_value < 1 - level` exactly when it lies within the margin.
    """

    margin: float
    relative: bool
    p_value: float
    bound: float | None
    level: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its uncertainty. Interval and p-value come from one method; `p_value` is two-sided against 0.

    `means` are the arms' means as the method sees them (adjusted, post-stratified): `value` is their difference.
    `variance_ratio` is the variance over that of the same estimate without its covariate. `notes` name what was
    repaired.
    """

    metric: str
    contrast: Contrast
    segment: tuple[str, str]
    method: str
    estimand: str
    value: float
    std_error: float
    interval: Interval
    p_value: float
    degrees_of_freedom: float
    means: Mapping[str, float]
    n_per_arm: Mapping[str, int]
    relative: Relative | None
    relative_refused: str | None = None
    variance_ratio: float | None = None
    non_inferiority: NonInferiority | None = None
    notes: tuple[str, ...] = ()
    grade: Grade = "A"
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
    type: Literal["not_estimable"] = "not_estimable"


Result = Estimate | NotEstimable


@dataclass(frozen=True, slots=True)
class Stratum:
    """Units among which arms were randomised with constant shares: a phase, or the whole study."""

    name: str
    arms: Mapping[str, Moments]
    units: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What one estimate is made from: merged moments by stratum and arm of one metric in one segment.

    `strata` are those with at least two units in each arm of the contrast; `notes` name the others.
    """

    segment: tuple[str, str]
    strata: tuple[Stratum, ...]
    notes: tuple[str, ...] = ()

    def arm(self, name: str) -> Moments:
        """Moments of an arm over all strata."""
        total: Moments | None = None
        for stratum in self.strata:
            part = stratum.arms[name]
            total = part if total is None else total + part
        return total or Moments()


class Estimator(Protocol):
    """One method. `designs` and `metrics` are the `type`s of designs and metrics it accepts.

    `estimate` needs at least one stratum; `margin` asks for the test of non-inferiority as well.
    """

    name: ClassVar[str]
    designs: ClassVar[frozenset[str]]
    metrics: ClassVar[frozenset[str]]
    uses_covariate: ClassVar[bool]

    def estimate(
        self,
        metric: Metric,
        sample: Sample,
        contrast: Contrast,
        *,
        confidence_level: float,
        margin: Margin | None = None,
    ) -> Result: ...


@dataclass(frozen=True, slots=True)
class StudyEstimates:
    """Every result of one look. Results of segments follow those of all units."""

    study: str
    plan_digest: str
    as_of: date
    final: bool
    results: tuple[Result, ...]
    trajectory: tuple[TrajectoryPoint, ...]


@dataclass(frozen=True, slots=True)
class TrajectoryPoint:
    """The all-units result of one metric and contrast as a look at `as_of` would have read it."""

    as_of: date
    metric: str
    contrast: Contrast
    value: float
    interval: Interval
