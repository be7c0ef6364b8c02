"""A scorecard as readers get it: what may not be told is withheld, by name and with its reason, in every part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.readings import reading_key
from impact_pipeline.causal.exhibits import Discontinuity, Histogram, Placebos, Weights
from impact_pipeline.decisions.base import Scorecard, Verdict
from impact_pipeline.decisions.disclosed import OTHER_VALUES, Disclosed
from impact_pipeline.decisions.published_words import told_findings, told_reasons
from impact_pipeline.estimators.base import NotEstimable, Reason, Result
from impact_pipeline.estimators.bayesian_reading import BayesianReading, NoBayesianReading
from impact_pipeline.estimators.causal.detail import CausalDetail
from impact_pipeline.estimators.segment_comparison import compare_segments
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.governance.disclosure import Why
from impact_pipeline.kpis.base import Impact, NoImpact
from impact_pipeline.outcomes.cells import ALL_UNITS, EXPOSED

OF_FEW = (Weights, Placebos, Histogram, Discontinuity)
"""Exhibits that name single units, or count the few in a bin."""


def published(card: Scorecard, study: Study, told: Disclosed) -> Scorecard:
    """The scorecard without what is not told; the stored one stays whole."""
    findings = told_findings(card, study, told)
    exposed, earlier = card.exposed_per_arm, told.stands.get(EXPOSED)
    if told.why(EXPOSED) is not None:
        exposed = {} if earlier is None else earlier.exposed_per_arm
    return replace(
        card, estimates=_estimates(card.estimates, study, told), findings=findings, verdict=_verdict(card, study, told),
        impacts=_impacts(card, study, told), exposed_per_arm=exposed,
    )  # fmt: skip


def _estimates(estimates: StudyEstimates, study: Study, told: Disclosed) -> StudyEstimates:
    results = tuple(_results(estimates.results, told, lambda earlier: earlier.results))
    better = {name: metric.better == "higher" for name, metric in study.metrics_by_name.items()}
    return replace(
        estimates,
        results=results,
        trajectory=tuple(p for p in estimates.trajectory if (p.metric, p.as_of) in told.points),
        family=tuple(member for member in estimates.family if told.why(member.metric) is None),
        beside=tuple(_results(estimates.beside, told, lambda earlier: earlier.beside)),
        segment_comparisons=compare_segments(better, results),
        bayesian=tuple(_bayesian(estimates, told)),
        other_basis=tuple(_on_other_basis(estimates.other_basis, told)),
        causal=estimates.causal and _causal(estimates.causal, told),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """Results of one reading and contrast in one segment."""

    key: str
    results: tuple[Result, ...]

    @property
    def segment(self) -> str:
        return self.results[0].segment[0]


def _results(
    results: Iterable[Result], told: Disclosed, of: Callable[[StudyEstimates], Sequence[Result]]
) -> Iterator[Result]:
    """In their order; the earlier look's where its numbers stand."""
    found, standing = tuple(results), set[str]()
    for asked in _by_segment(found):
        why = told.why(asked.key)
        if why == "few_since" and asked.key in told.stands:
            standing.add(asked.key)
        elif why is not None:
            yield from _withheld_whole(asked, told, why)
        else:
            yield from _withheld_values(asked, told)
    for key in sorted(standing):
        yield from (r for r in of(told.stands[key].estimates) if reading_key(r.metric, r.variant) == key)


def _by_segment(results: Sequence[Result]) -> Iterator[_Asked]:
    def place(result: Result) -> tuple[str, str, str, str]:
        contrast = result.contrast
        return reading_key(result.metric, result.variant), contrast.treatment, contrast.control, result.segment[0]

    order = {place(result): number for number, result in reversed(list(enumerate(results)))}
    for (key, *_), group in groupby(sorted(results, key=lambda r: order[place(r)]), key=place):
        yield _Asked(key, tuple(group))


def _withheld_whole(asked: _Asked, told: Disclosed, why: Why) -> Iterator[Result]:
    value = OTHER_VALUES if asked.segment else ""
    yield _withheld(asked.results[0], (asked.segment, value), told.in_words(why, asked.key))


def _withheld_values(asked: _Asked, told: Disclosed) -> Iterator[Result]:
    kept = [r for r in asked.results if r.segment == ALL_UNITS or told.why(asked.key, r.segment) is None]
    yield from kept
    missing = len(asked.results) - len(kept)
    if missing:
        yield _withheld(asked.results[0], (asked.segment, OTHER_VALUES), told.of_values(missing))


def _withheld(result: Result, segment: tuple[str, str], detail: str) -> NotEstimable:
    return NotEstimable(
        result.metric, result.contrast, segment, result.method, Reason.WITHHELD, detail, {}, result.variant
    )


def _on_other_basis(results: Iterable[Result], told: Disclosed) -> Iterator[Result]:
    for result in results:
        key = reading_key(result.metric, result.variant)
        why = told.why(key) or told.why_other(key)
        yield result if why is None else _withheld(result, result.segment, told.in_words(why, key))


def _bayesian(estimates: StudyEstimates, told: Disclosed) -> Iterator[BayesianReading | NoBayesianReading]:
    for reading in estimates.bayesian:
        why = told.why(reading.metric)
        lost = why is not None and isinstance(reading, BayesianReading)
        detail = told.in_words(why, reading.metric) if why is not None else ""
        yield NoBayesianReading(reading.metric, reading.contrast, detail) if lost else reading


def _causal(detail: CausalDetail, told: Disclosed) -> CausalDetail:
    if told.why(EXPOSED) is not None:
        return CausalDetail((), (), (), ())
    return replace(detail, exhibits=tuple(own for own in detail.exhibits if not isinstance(own.exhibit, OF_FEW)))


def _impacts(card: Scorecard, study: Study, told: Disclosed) -> tuple[Impact | NoImpact, ...]:
    valued = study.plan.value
    why = None if valued is None else told.why(valued.metric) or told.why(EXPOSED)
    if valued is None or why is None:
        return card.impacts
    key = valued.metric if told.why(valued.metric) else EXPOSED
    return (NoImpact(card.study, told.in_words(why, key)),)


def _verdict(card: Scorecard, study: Study, told: Disclosed) -> Verdict:
    return replace(card.verdict, reasons=told_reasons(card, study, told))
