"""A causal study at one look: the ladder of its designs for every metric, as estimates and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from impact_pipeline.assessment.ladder import Ladder, climb
from impact_pipeline.assessment.results import TREATED, Margin, result_of
from impact_pipeline.assessment.told import tell
from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.plan import GuardrailUse, MetricUse
from impact_pipeline.causal.base import Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import Grade, NotEstimable, Reason, Result
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.outcomes.samples.read import StoredSamples
from impact_pipeline.stats.refusal import Refusal

SEED = 20_100


@dataclass(frozen=True, eq=False)
class AssessedStudy:
    """What one look concluded of every metric."""

    estimates: StudyEstimates
    findings: tuple[Finding, ...]


def assess_study(study: Study, samples: StoredSamples, as_of: date, *, plan_digest: str) -> AssessedStudy:
    """Metrics in the plan's order, all units; a metric whose sample is refused has that reason as its result."""
    ladders: dict[str, Ladder] = {}
    results: list[Result] = []
    for use in study.uses:
        metric = study.metrics_by_name.get(use.name)
        if metric is None:
            results.append(_broken(study, use.name))
            continue
        found = _asked(study, samples, metric)
        if isinstance(found, NotEstimable):
            results.append(found)
            continue
        ladders[use.name] = found
        results.append(result_of(use.name, found, study.plan.decision.alpha, _margin(use, metric), lift=metric.lift))
    told = tell(ladders)
    estimates = StudyEstimates(
        study.name, plan_digest, as_of, as_of >= study.planned_look, tuple(results), (), basis=study.basis,
        causal=told.detail,
    )  # fmt: skip
    return AssessedStudy(estimates, told.findings)


def _asked(study: Study, samples: StoredSamples, metric: Metric) -> Ladder | NotEstimable:
    """The ladder of a metric; designs whose sample cannot be read are left out, and told where none is left."""
    rungs = list(_rungs(study))
    read = {place: samples.of(place, metric.name) for _, place, _ in rungs}
    refused = [sample for sample in read.values() if isinstance(sample, Refusal)]
    asked = [
        (_question(study, samples, design, place, sample), cap)
        for design, place, cap in rungs
        if not isinstance(sample := read[place], Refusal)
    ]
    if not asked:
        return NotEstimable(metric.name, TREATED, ALL_UNITS, "none", Reason(refused[0].reason), refused[0].detail, {})
    return climb(asked)


def _rungs(study: Study) -> Iterator[tuple[Any, int, Grade]]:
    """Design, place of its sample, and the best grade it may get."""
    plan, places = study.plan, {sample: place for place, sample in enumerate(study.samples)}
    assert plan.sample is not None
    yield plan.design, places[plan.sample], "C"
    for fallback in plan.fallback:
        yield fallback.design, places[fallback.sample or plan.sample], fallback.cap


def _question(
    study: Study, samples: StoredSamples, design: Any, place: int, sample: Any
) -> Callable[[], Question[Any, Any]]:
    def asked() -> Question[Any, Any]:
        known = {name: samples.of(place, name) for name in study.plan.negative_controls}
        probes = {name: probe for name, probe in known.items() if not isinstance(probe, Refusal)}
        return Question(sample, design, study.plan.decision.alpha, SEED, probes)

    return asked


def _margin(use: MetricUse, metric: Metric) -> Margin | None:
    if not isinstance(use, GuardrailUse):
        return None
    size = use.margin.relative if use.margin.absolute is None else use.margin.absolute
    assert size is not None
    return Margin(size, use.margin.absolute is None, metric.better == "higher")


def _broken(study: Study, name: str) -> NotEstimable:
    detail = study.broken_metrics[name] or f"the catalog has no sound metric '{name}'"
    return NotEstimable(name, TREATED, ALL_UNITS, "none", Reason.DEFINITION_BROKEN, detail, {})
