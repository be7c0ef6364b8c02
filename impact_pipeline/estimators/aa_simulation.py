"""A/A simulation: each metric's own estimator on random halves of control's units, between which there is no effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import BIN, control_arm
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import Reading
from impact_pipeline.catalog.plan import MetricUse
from impact_pipeline.estimators.base import Contrast
from impact_pipeline.estimators.question import Arm, Question
from impact_pipeline.estimators.registry import estimator_for
from impact_pipeline.estimators.strata import Part, stratify
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.phases import randomisation_phases
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.random_halves import Halves, RejectionRate, random_halves, rejection_rate

SPLITS = 500

FEWEST_UNITS_PER_BIN = 10
"""With fewer, halves of as many bins differ in their number of units."""

HALVES = Contrast("first half", "second half")


def simulate_aa(study: Study, bins: Cells) -> Mapping[str, RejectionRate]:
    """By the name under which the plan reads a metric; those that cannot be simulated are left out.

    `bins` holds cells by bin of control's units. The splits are drawn from the plan's digest, so they are the same at
    every look. A test holds its size if of splits in halves, in which no effect can be, a share of alpha is rejected.
    """
    places = [bins.axes.place[group] for group in bins.axes.groups if group[0] == BIN and group[1]]
    if not places:
        return {}
    return dict(_rates(study, bins, places, _halves(len(places), digest(study.plan))))


@lru_cache(maxsize=4)
def _halves(bins: int, plan: str) -> Halves:
    return random_halves(bins, SPLITS, np.random.default_rng(int(plan[:16], 16)))


def _rates(study: Study, bins: Cells, places: Sequence[int], halves: Halves) -> Iterator[tuple[str, RejectionRate]]:
    alpha = study.plan.decision.alpha
    for use in study.uses:
        metric = study.metrics_by_name.get(use.name)
        if metric is None:
            continue
        reading, *_ = study.readings_of(metric)
        if not reading.simulated:
            continue
        p_values = _p_values(study, use, metric, reading, _parts(study, bins, metric.name, places, halves))
        if p_values is not None:
            yield use.name, rejection_rate(p_values, halves, alpha)


def _p_values(
    study: Study, use: MetricUse, metric: Metric, reading: Reading, parts: Sequence[Part]
) -> NDArray[np.float64] | None:
    """One for each split; None without an estimator, with too few units, or where any split has no number."""
    estimator = estimator_for(study.plan.design.type, metric, reading, use.estimator)
    if estimator is None or not parts:
        return None
    alpha = study.plan.decision.alpha
    question = Question(reading, HALVES, stratify(parts, HALVES).strata, alpha)
    answer = estimator.answer(question)
    if any(np.any(refusal.mask) for refusal in answer.refusals):
        return None
    p_values = np.asarray(difference(answer.means, alpha, np.add(*question.units)).p_value)
    return None if np.isnan(p_values).any() else p_values


def _parts(study: Study, bins: Cells, key: str, places: Sequence[int], halves: Halves) -> tuple[Part, ...]:
    """Phases with the halves of their control units, all splits at once; none if the bins hold too few units."""
    control = bins.axes.place.get(control_arm(study.plan.design))
    if control is None or key not in bins.whole:
        return ()
    kept = bins.dense(key).each(lambda sums: sums[:, control][:, places])
    if np.asarray(kept.n).sum() < FEWEST_UNITS_PER_BIN * len(places):
        return ()
    found = []
    for phase in randomisation_phases(study.plan.design, bins.axes.cohorts):
        days = bins.places_of(phase.cohorts)
        of_bins = kept.each(lambda sums, days=days: sums[days].sum(axis=0))  # type: ignore[misc]
        arms = dict(zip((HALVES.treatment, HALVES.control), _halved(of_bins, halves), strict=True))
        found.append(Part(phase.name, dict.fromkeys(arms, 0.5), {name: Arm(sums) for name, sums in arms.items()}))
    return tuple(found)


def _halved(of_bins: Moments, halves: Halves) -> tuple[Moments, Moments]:
    """Moments of the first and of the second halves, an entry for each split."""
    sides = tuple(
        of_bins.each(lambda sums, side=side: halves.sums(np.atleast_1d(sums))[side])  # type: ignore[misc]
        for side in (0, 1)
    )
    return sides[0], sides[1]
