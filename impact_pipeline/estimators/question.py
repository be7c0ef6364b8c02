"""What an estimator is asked, and what it answers: one metric and contrast in many groups of units at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.metrics.readings import Form, Reading, UnitValue
from impact_pipeline.catalog.plan import Basis, Margin
from impact_pipeline.estimators.base import Contrast, Reason
from impact_pipeline.stats.distribution import Distribution
from impact_pipeline.stats.inference import Inference
from impact_pipeline.stats.intervals import FIXED_HORIZON
from impact_pipeline.stats.moments import Moments, Real
from impact_pipeline.stats.two_means import TwoMeans

Mask = NDArray[np.bool_]


ESTIMANDS: Mapping[Basis, str] = {
    "exposed": "ATE (exposed units, intention to treat)",
    "assigned": "ATE (assigned units, intention to treat)",
}
"""What an effect is of, by the units that it is about."""


@dataclass(frozen=True, slots=True)
class Arm:
    """Units of one arm in one stratum: moments as arrays over groups and, for a quantile, a distribution each.

    Where clusters are randomised, `clusters` holds the moments of each: arrays over groups and, last, clusters, in the
    order of `cluster_names`.
    """

    moments: Moments
    distributions: tuple[Distribution, ...] = ()
    clusters: Moments | None = None
    cluster_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stratum:
    """Units among which arms were randomised with constant shares: a phase, or the whole study.

    `weight` is the stratum's share of the units of each group; 0 where the arms cannot be compared in it.
    """

    name: str
    treatment: Arm
    control: Arm
    weight: Real


@dataclass(frozen=True, slots=True)
class Question:
    """The strata hold arrays of one entry per group: a segment value, or a look.

    `better` is 1 where higher values are better, else -1; `cap` as in `Estimate`. With `interval_only` no p-value or
    margin test is wanted.
    """

    reading: Reading
    contrast: Contrast
    strata: tuple[Stratum, ...]
    alpha: float
    better: int = 1
    margin: Margin | None = None
    inference: Inference = FIXED_HORIZON
    cap: float | None = None
    stratified_by: str = "phase"
    interval_only: bool = False
    estimand: str = ESTIMANDS["exposed"]

    @property
    def units(self) -> tuple[Real, Real]:
        """Units of treatment and of control in strata that count."""
        treatment: Real = 0.0
        control: Real = 0.0
        for stratum in self.strata:
            counts = np.asarray(stratum.weight) > 0
            treatment = treatment + np.where(counts, stratum.treatment.moments.units, 0.0)
            control = control + np.where(counts, stratum.control.moments.units, 0.0)
        return treatment, control

    @property
    def weighted(self) -> tuple[list[tuple[Real, Moments]], list[tuple[Real, Moments]]]:
        """Strata with their weights, of treatment and of control."""
        return (
            [(stratum.weight, stratum.treatment.moments) for stratum in self.strata],
            [(stratum.weight, stratum.control.moments) for stratum in self.strata],
        )


def two_arms(
    form: Form, *, treatment: Moments, control: Moments, alpha: float = 0.05, by_cluster: bool = False
) -> Question:
    """A question about two arms of one stratum; `by_cluster`, about the sums of the moments over their last axis."""
    of = _merged if by_cluster else Arm
    stratum = Stratum("all units", of(treatment), of(control), 1.0)
    return Question(Reading("", "", form, UnitValue(())), Contrast("treatment", "control"), (stratum,), alpha)


def _merged(clusters: Moments) -> Arm:
    return Arm(clusters.each(lambda sums: np.sum(sums, axis=-1)), clusters=clusters)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Groups without a number, the reason, and for each of them what to tell."""

    reason: Reason
    mask: Mask
    detail: Callable[[int], str]


NO_UNIT_DIFFERS = "no unit differs from another within its arm; a difference has no uncertainty"
"""What to tell of ZERO_VARIANCE."""

Notes = Callable[[int], tuple[str, ...]]
"""Of a group: what was left out or repaired, or makes it less certain."""


def nothing_to_note(group: int) -> tuple[str, ...]:
    """No group has anything to note."""
    return ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The arms' means with their uncertainty, group by group, and where there are none.

    `variance_ratio` as in `Estimate`; NaN where there is none. A group with `notes` is of grade B. `otherwise` marks
    groups that another method answers, and names it.
    """

    method: str
    means: TwoMeans
    variance_ratio: Real | None = None
    refusals: tuple[Refusal, ...] = ()
    notes: Notes = nothing_to_note
    otherwise: tuple[Mask, str] | None = None


class Estimator(Protocol):
    """One method. `designs` are the types of designs it accepts, `forms` the forms of readings."""

    name: ClassVar[str]
    designs: ClassVar[frozenset[str]]
    forms: ClassVar[frozenset[str]]
    uses_covariates: ClassVar[bool]

    def answer(self, question: Question) -> Answer: ...
