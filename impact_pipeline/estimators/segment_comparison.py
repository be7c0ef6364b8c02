"""Does an effect differ between the values of a segment, and where is it worst?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from impact_pipeline.estimators.base import Contrast, Estimate, Interval, Result
from impact_pipeline.exposures.other_study import NOT_IN_STUDY
from impact_pipeline.stats.heterogeneity import Effect, TooFewEstimates, group_effects, heterogeneity, worst_group
from impact_pipeline.stats.multiplicity import holm


@dataclass(frozen=True, slots=True)
class ValueEffect:
    """The effect on one value's units; intervals of all values hold at once, and `p_value` is corrected for them."""

    value: str
    effect: float
    interval: Interval
    p_value: float


@dataclass(frozen=True, slots=True)
class SegmentComparison:
    """Cochran's Q over the values of one segment: do their effects (differences) on a metric differ?

    `adjusted_p_value` is Holm's over all comparisons of the look. `i_squared` is the share of the spread between values
    that is not chance. `worst` is the value whose interval reaches furthest to the worse.
    """

    metric: str
    contrast: Contrast
    segment: str
    statistic: float
    degrees_of_freedom: int
    p_value: float
    adjusted_p_value: float
    i_squared: float
    worst: str
    values: tuple[ValueEffect, ...]
    label: Literal["exploratory"] = "exploratory"


def compare_segments(higher_is_better: Mapping[str, bool], results: Sequence[Result]) -> tuple[SegmentComparison, ...]:
    """One for each metric, contrast and segment with estimates for two values or more; exploratory, all of them.

    Where the values are the arms of another study this is the test of interaction with it; units that are not in that
    study take no part, for they were not drawn into either arm. `higher_is_better` by metric.
    """
    found = tuple(_comparisons(higher_is_better, results))
    adjusted = holm([comparison.p_value for comparison in found])
    return tuple(replace(one, adjusted_p_value=p) for one, p in zip(found, adjusted, strict=True))


def _comparisons(higher_is_better: Mapping[str, bool], results: Sequence[Result]) -> Iterator[SegmentComparison]:
    known = [r for r in results if isinstance(r, Estimate) and r.segment[0] and r.segment[1] != NOT_IN_STUDY]
    ordered = sorted(known, key=lambda r: (r.metric, r.contrast.treatment, r.segment))
    for _, group in groupby(ordered, key=lambda r: (r.metric, r.contrast, r.segment[0])):
        found = _comparison(higher_is_better, list(group))
        if found is not None:
            yield found


def _comparison(higher_is_better: Mapping[str, bool], estimates: Sequence[Estimate]) -> SegmentComparison | None:
    first = estimates[0]
    errors = [e.std_error for e in estimates if e.std_error is not None]
    test = heterogeneity([e.value for e in estimates], errors) if len(errors) == len(estimates) else None
    if test is None or isinstance(test, TooFewEstimates):
        return None
    level = first.interval.level
    degrees = [e.degrees_of_freedom or float("inf") for e in estimates]
    effects = [Effect(e.value, error, df) for e, error, df in zip(estimates, errors, degrees, strict=True)]
    groups = group_effects(effects, level)
    values = tuple(
        ValueEffect(e.segment[1], g.value, Interval(g.lower, g.upper, level), g.p_value)
        for e, g in zip(estimates, groups, strict=True)
    )
    worst = estimates[worst_group(groups, higher_is_better=higher_is_better[first.metric])].segment[1]
    return SegmentComparison(
        first.metric, first.contrast, first.segment[0], test.statistic, test.degrees_of_freedom, test.p_value,
        test.p_value, test.i_squared, worst, values,
    )  # fmt: skip
