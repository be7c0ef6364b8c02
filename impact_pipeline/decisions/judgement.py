"""One treatment arm against control under the plan's rule: may it ship, does it harm, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.plan import MetricUse
from impact_pipeline.decisions.sentences import effect_sentence, margin_phrase
from impact_pipeline.estimators.base import Contrast, Estimate, Grade, NotEstimable, Result
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stats.multiplicity import corrected

Key = tuple[str, Contrast]


@dataclass(frozen=True, slots=True)
class MetricJudgement:
    """What one metric says of an arm. `blocks`: the arm cannot ship; `wins`: a success metric is shown to be better."""

    use: MetricUse
    result: Result
    sentence: str
    wins: bool = False
    blocks: bool = False
    harmed: bool = False


@dataclass(frozen=True, slots=True)
class ArmJudgement:
    """An arm ships with a win, no block and a grade that may ship; it is harmed when any of its metrics is."""

    contrast: Contrast
    metrics: tuple[MetricJudgement, ...]
    ships_on: Grade = "C"

    @property
    def ships(self) -> bool:
        return self.would_ship and self.grade <= self.ships_on

    @property
    def would_ship(self) -> bool:
        """Whether it ships but for its grade."""
        won = any(metric.wins for metric in self.metrics)
        return won and not any(metric.blocks for metric in self.metrics)

    @property
    def harmed(self) -> bool:
        return any(metric.harmed for metric in self.metrics)

    @property
    def grade(self) -> Grade:
        """The worst among estimates that count."""
        return max((m.result.grade for m in self.metrics if isinstance(m.result, Estimate)), default="A")


def judge_arms(study: Study, estimates: StudyEstimates) -> tuple[ArmJudgement, ...]:
    """Each treatment arm on its success metrics (corrected over metrics and arms) and guardrails, all units."""
    results = {(r.metric, r.contrast): r for r in estimates.results if r.segment == ALL_UNITS}
    contrasts = dict.fromkeys(contrast for _, contrast in results)
    family = _Family(study, results, _adjusted(study, results))
    lowest = study.plan.decision.ships_on_grade
    return tuple(ArmJudgement(c, tuple(_judged(family, c)), lowest) for c in contrasts)


def gain(study: Study, arm: ArmJudgement) -> float:
    """Lift (or difference) of the first success metric in its better direction; minus infinity without an estimate."""
    first = next(judged for judged in arm.metrics if judged.use.role == "success")
    if isinstance(first.result, NotEstimable):
        return float("-inf")
    change = first.result.relative.value if first.result.relative else first.result.value
    return change if study.metrics_by_name[first.use.name].better == "higher" else -change


@dataclass(frozen=True, slots=True)
class _Family:
    study: Study
    results: Mapping[Key, Result]
    adjusted: Mapping[Key, float]

    @property
    def alpha(self) -> float:
        return self.study.plan.decision.alpha


def _adjusted(study: Study, results: Mapping[Key, Result]) -> dict[Key, float]:
    """The plan's correction within success metrics, Bonferroni within guardrails; a missing number counts as a test."""
    roles = {use.name: use.role for use in study.uses}
    rule = study.plan.decision
    p_values = {key: r.p_value if isinstance(r, Estimate) else 1.0 for key, r in results.items()}
    success = [key for key in results if roles[key[0]] == "success"]
    guardrails = [key for key in results if roles[key[0]] == "guardrail"]
    stepped = corrected([p_values[key] for key in success], rule.alpha, rule.correction).adjusted
    return {
        **dict(zip(success, stepped, strict=True)),
        **{key: min(1.0, len(guardrails) * p_values[key]) for key in guardrails},
    }


def _judged(family: _Family, contrast: Contrast) -> list[MetricJudgement]:
    found = []
    for use in family.study.uses:
        result = family.results[use.name, contrast]
        if use.role not in ("success", "guardrail"):
            continue
        if isinstance(result, NotEstimable):
            sentence = f"{_label(family.study, use.name)} cannot be estimated: {result.detail}."
            found.append(MetricJudgement(use, result, sentence, blocks=True))
        elif use.role == "success":
            found.append(_success(family, use, result))
        else:
            found.append(_guardrail(family, use, result))
    return found


def _success(family: _Family, use: MetricUse, estimate: Estimate) -> MetricJudgement:
    metric = family.study.metrics_by_name[use.name]
    shown = family.adjusted[use.name, estimate.contrast] < family.alpha
    worse = _is_worse(metric, estimate)
    says = effect_sentence(metric, estimate)
    if shown and not worse:
        return MetricJudgement(use, estimate, f"{says}: better than {estimate.contrast.control}.", wins=True)
    if shown:
        sentence = f"{says}: worse than {estimate.contrast.control}."
        return MetricJudgement(use, estimate, sentence, blocks=True, harmed=True)
    if worse and estimate.p_value < family.alpha:
        sentence = f"{says}: worse than {estimate.contrast.control} by itself, though not among all success metrics."
        return MetricJudgement(use, estimate, sentence, blocks=True)
    return MetricJudgement(use, estimate, f"{says}: no difference is shown.")


def _guardrail(family: _Family, use: MetricUse, estimate: Estimate) -> MetricJudgement:
    metric = family.study.metrics_by_name[use.name]
    says, test = effect_sentence(metric, estimate), estimate.non_inferiority
    worse = _significantly_worse(family, metric, estimate)
    if test is None:
        said = f"{says}: a margin relative to {estimate.contrast.control} has no meaning, its mean is not above 0."
        return MetricJudgement(use, estimate, said, blocks=True, harmed=worse)
    margin = margin_phrase(metric, test)
    if test.p_value <= family.alpha:
        return MetricJudgement(use, estimate, f"{says}: within {margin}.")
    judged = f"worse than {estimate.contrast.control}, and not shown" if worse else "not shown"
    return MetricJudgement(use, estimate, f"{says}: {judged} to stay within {margin}.", blocks=True, harmed=worse)


def _significantly_worse(family: _Family, metric: Metric, estimate: Estimate) -> bool:
    return _is_worse(metric, estimate) and family.adjusted[metric.name, estimate.contrast] < family.alpha


def _is_worse(metric: Metric, estimate: Estimate) -> bool:
    return estimate.value < 0 if metric.better == "higher" else estimate.value > 0


def _label(study: Study, name: str) -> str:
    metric = study.metrics_by_name.get(name)
    return metric.label if metric else f"'{name}'"
