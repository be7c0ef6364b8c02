"""A causal study at one look: the ladder of its designs for every metric, as estimates and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from impact_pipeline.assessment.ladder import Ladder, Step, climb
from impact_pipeline.assessment.results import TREATED, Margin, result_of
from impact_pipeline.assessment.told import tell
from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.plan import GuardrailUse, MetricUse
from impact_pipeline.causal.base import Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import NotEstimable, Reason, Result
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
    """Metrics in the plan's order, all units; of a sample that cannot be read its designs are refused."""
    ladders: dict[str, Ladder] = {}
    results: list[Result] = []
    for use in study.uses:
        metric = study.metrics_by_name.get(use.name)
        if metric is None:
            results.append(_broken(study, use.name))
            continue
        found = climb(list(_steps(study, samples, metric.name)))
        ladders[use.name] = found
        results.append(result_of(use.name, found, study.plan.decision.alpha, _margin(use, metric), lift=metric.lift))
    told = tell(ladders)
    estimates = StudyEstimates(
        study.name, plan_digest, as_of, as_of >= study.planned_look, tuple(results), (), basis=study.basis,
        causal=told.detail,
    )  # fmt: skip
    return AssessedStudy(estimates, told.findings)


def _steps(study: Study, samples: StoredSamples, metric: str) -> Iterator[Step]:
    plan, places = study.plan, {sample: place for place, sample in enumerate(study.samples)}
    assert plan.sample is not None
    own = places[plan.sample]
    yield Step(plan.design, _question(study, samples, plan.design, own, metric), "C")
    for fallback in plan.fallback:
        place = own if fallback.sample is None else places[fallback.sample]
        yield Step(fallback.design, _question(study, samples, fallback.design, place, metric), fallback.cap)


def _question(
    study: Study, samples: StoredSamples, design: Any, place: int, metric: str
) -> Callable[[], Question[Any, Any] | Refusal]:
    def asked() -> Question[Any, Any] | Refusal:
        sample: Any = samples.of(place, metric)
        if isinstance(sample, Refusal):
            return sample
        known = {name: samples.of(place, name) for name in study.plan.negative_controls}
        probes: dict[str, Any] = {name: probe for name, probe in known.items() if not isinstance(probe, Refusal)}
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
