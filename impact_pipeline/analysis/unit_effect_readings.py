"""What is asked and told of effects of single units, which are exploratory whatever the design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from impact_pipeline.catalog.causal.cross_fitting import Folds, Learner, UnitEffectMethod
from impact_pipeline.catalog.document import Model
from impact_pipeline.estimators.base import Contrast, Interval
from impact_pipeline.stats.heterogeneous_effects.exploration import Exploration
from impact_pipeline.stats.heterogeneous_effects.unit_effects import by_importance
from impact_pipeline.stats.heterogeneous_effects.validation import Reading
from impact_pipeline.stats.inference import quantile
from impact_pipeline.stats.multiplicity import corrected
from impact_pipeline.stats.refusal import Refusal


class UnitEffectsQuestion(Model):
    """Effects of the units of a randomised comparison, predicted from each metric's covariates.

    By doubly robust signals and a learner, or by a causal forest (the extra `forest`), on each of `folds` from the
    others.
    """

    method: UnitEffectMethod = "doubly_robust"
    learner: Learner = "boosted_trees"
    folds: Folds = 5


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """The mean effect of a fifth of the units of held-out folds, by predicted effect; fifth 1 has the least."""

    group: int
    value: float
    std_error: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Importance:
    """How far predicted effects go by one covariate, as a share of all."""

    covariate: str
    share: float


@dataclass(frozen=True, slots=True)
class UnitEffectsReading:
    """What held-out units say of predicted effects, or why there are none (`reason`, `detail`).

    `slope` of outcomes' signals on predictions is 1 where these are calibrated and 0 where they are noise; `p_value` is
    that of no heterogeneity, one-sided, and `adjusted_p_value` Holm's over all readings. `targeting` is what treating
    those first who are predicted to gain most would gain over treating anyone, averaged over all shares treated.
    `importances` start with the largest.
    """

    metric: str
    contrast: Contrast
    method: str
    units: int
    slope: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    adjusted_p_value: float | None = None
    groups: tuple[GroupEffect, ...] = ()
    targeting: float | None = None
    targeting_interval: Interval | None = None
    importances: tuple[Importance, ...] = ()
    reason: str | None = None
    detail: str | None = None
    label: Literal["exploratory"] = "exploratory"


def reading_of(
    metric: str, contrast: Contrast, method: str, found: Exploration | Refusal, alpha: float
) -> UnitEffectsReading:
    """One reading, before the correction for all of them."""
    if isinstance(found, Refusal):
        return UnitEffectsReading(metric, contrast, method, 0, reason=found.reason, detail=found.detail)
    own = found.validation
    groups = tuple(
        GroupEffect(place, one.value, one.std_error, _interval(one, alpha)) for place, one in enumerate(own.groups, 1)
    )
    return UnitEffectsReading(
        metric, contrast, method, len(found.units.effects), own.slope, own.statistic, own.p_value, None, groups,
        own.targeting.value, _interval(own.targeting, alpha),
        tuple(Importance(*pair) for pair in by_importance(found.names, found.units.importances).items()),
    )  # fmt: skip


def adjusted(readings: Sequence[UnitEffectsReading], alpha: float) -> tuple[UnitEffectsReading, ...]:
    """The same with p-values for the family of all that have one.

    >>> one = UnitEffectsReading("a", Contrast("new", "old"), "doubly_robust", 10, p_value=0.03)
    >>> [reading.adjusted_p_value for reading in adjusted([one, one], 0.05)]
    [0.06, 0.06]
    """
    known = [reading.p_value for reading in readings if reading.p_value is not None]
    family = iter(corrected(known, alpha, "holm").adjusted if known else ())
    return tuple(
        reading if reading.p_value is None else replace(reading, adjusted_p_value=next(family)) for reading in readings
    )


def _interval(found: Reading, alpha: float) -> Interval:
    reach = float(quantile(1 - alpha / 2, float("inf"))) * found.std_error
    return Interval(found.value - reach, found.value + reach, 1 - alpha)
