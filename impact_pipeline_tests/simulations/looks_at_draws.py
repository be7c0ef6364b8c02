"""Every draw of a simulation estimated at every look, by the estimator that the study's own metric gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.estimators.asked import Asked
from impact_pipeline.estimators.base import Contrast, Estimate
from impact_pipeline.estimators.look import Subject, effects_by_look, look_at, results_of
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells, Group
from impact_pipeline.stats.inference import Inference
from impact_pipeline.stats.intervals import lift_bounds
from impact_pipeline.stats.two_means import Contribution, TwoMeans
from impact_pipeline_tests.simulations.cells_of_draws import alone, group
from impact_pipeline_tests.simulations.shop import START, WINDOW

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Critical = Inference | Sequence[Inference]
"""One for all looks, or one for each."""

CONTRAST = Contrast("treatment", "control")


def night_of(look: int) -> date:
    """The night on which the last window closes of the units exposed on so many nights."""
    return START + timedelta(days=look - 1 + WINDOW - 1)


@dataclass(frozen=True, slots=True)
class Looked:
    """Means, units and whether there is no number, all by look and draw."""

    means: TwoMeans
    units: Floats
    refused: Flags

    def at(self, looks: Sequence[int]) -> Looked:
        """Some of the looks, by their places."""
        chosen = list(looks)
        return _each(lambda parts: parts[0][chosen], [self])

    @staticmethod
    def joined(found: Sequence[Looked]) -> Looked:
        """Of the draws of all, at the same looks."""
        return _each(lambda parts: np.concatenate(parts, axis=1), found)

    def critical(self, inference: Critical, alpha: float) -> Floats:
        _, degrees = self.means.error()
        each = [inference] * len(self.units) if not isinstance(inference, Sequence) else inference
        shape = self.units.shape[1:]
        rows = zip(each, np.asarray(degrees), self.units, strict=True)
        return np.array([np.broadcast_to(one.critical_value(alpha, df, n), shape) for one, df, n in rows])

    def holds(self, truth: Floats | float, inference: Critical, alpha: float = 0.05) -> Flags:
        """Whether the interval of the difference holds the truth, or there is none."""
        half_width = self.critical(inference, alpha) * self.means.error()[0]
        return np.asarray(self.refused | (np.abs(self.means.change - truth) <= half_width))

    def lift_holds(self, lift: Floats | float, inference: Critical, alpha: float = 0.05) -> Flags:
        lower, upper = lift_bounds(self.means, self.critical(inference, alpha))
        return np.asarray(self.refused | np.isnan(lower) | ((lower <= lift) & (lift <= upper)))


def looked_at(found: Cells, study: Study, looks: Sequence[int], draws: int) -> Looked:
    """`looks` are numbers of nights on which units were exposed."""
    days, groups = [night_of(look) for look in looks], [group(draw) for draw in range(draws)]
    reading = subject_of(study).reading
    if reading.cap_percentile is not None:
        each = [[_asked(alone(found, draw), study, [day], [ALL_UNITS]) for draw in range(draws)] for day in days]
        return _stacked([one for row in each for one in row], (len(days), draws))
    if reading.digits is not None:
        return _stacked([_asked(found, study, [day], groups) for day in days], (len(days), draws))
    return _stacked([_asked(found, study, days, groups)], (len(days), draws))


def final_estimates(found: Cells, study: Study, draws: int) -> list[Estimate]:
    """Of each draw at the last look, as a study by itself would report it."""
    if subject_of(study).reading.cap_percentile is None:
        return _results(found, study, [group(draw) for draw in range(draws)])
    return [one for draw in range(draws) for one in _results(alone(found, draw), study, [ALL_UNITS])]


def _results(found: Cells, study: Study, groups: Sequence[Group]) -> list[Estimate]:
    results = results_of(look_at(study, found, study.planned_look), subject_of(study), groups)
    return [result for result in results if isinstance(result, Estimate)]


def subject_of(study: Study) -> Subject:
    [metric] = study.metrics
    return Subject(study.uses[0], metric, study.readings_of(metric)[0], CONTRAST)


def _asked(found: Cells, study: Study, days: Sequence[date], groups: Sequence[Group]) -> Asked:
    [asked] = effects_by_look(look_at(study, found, study.planned_look), [subject_of(study)], days, groups)
    return asked


def _stacked(asked: Sequence[Asked], shape: tuple[int, int]) -> Looked:
    def joined(parts: Sequence[object], sizes: Sequence[int]) -> Floats:
        spread = [np.broadcast_to(np.asarray(p, dtype=np.float64), (n,)) for p, n in zip(parts, sizes, strict=True)]
        return np.concatenate(spread).reshape(shape)

    sizes = [len(one.effects.refused) for one in asked]
    means = [one.answer.means for one in asked]
    parts = [
        Contribution(*(joined([getattr(m.contributions[i], name) for m in means], sizes) for name in FIELDS))
        for i in range(len(means[0].contributions))
    ]
    treatment, control = (joined([getattr(m, arm) for m in means], sizes) for arm in ("treatment", "control"))
    units = joined([np.add(*one.question.units) for one in asked], sizes)
    refused = joined([one.effects.refused >= 0 for one in asked], sizes) > 0
    return Looked(TwoMeans(treatment, control, tuple(parts)), units, refused)


FIELDS = ("treatment", "control", "covariance", "degrees_of_freedom")


def _each(change: Callable[[list[Any]], Any], found: Sequence[Looked]) -> Looked:
    """Each array made of those of all."""
    parts = tuple(
        Contribution(*(change([getattr(one.means.contributions[i], name) for one in found]) for name in FIELDS))
        for i in range(len(found[0].means.contributions))
    )
    treatment, control = (change([getattr(one.means, arm) for one in found]) for arm in ("treatment", "control"))
    units, refused = (change([getattr(one, name) for one in found]) for name in ("units", "refused"))
    return Looked(TwoMeans(treatment, control, parts), units, refused)
