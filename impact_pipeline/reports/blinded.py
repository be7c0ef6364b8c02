"""A scorecard as readers may see it while its study is blinded: how many and how precisely, and nothing of direction.

It is made anew from what may be told, so that whatever a scorecard holds besides is left out without being named here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.looks import FixedLook
from impact_pipeline.decisions.base import Decision, Scorecard, Verdict
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import Contrast, Estimate, NotEstimable, Reason, Result
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.governance.blinding import aliases_of
from impact_pipeline.kpis.base import NoImpact
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.reports.blinded_detail import told_detail
from impact_pipeline.reports.blinded_findings import told_findings
from impact_pipeline.reports.formatting import PERCENT, decimals, fixed, level, unit_of, with_unit


@dataclass(frozen=True, slots=True)
class BlindedScorecard(Scorecard):
    """Direction is shown from the look of `until` on. Arms are named as in `arms`: by aliases where they were dealt."""

    until: date
    arms: tuple[str, ...]


def blinded(card: Scorecard, study: Study, until: date) -> BlindedScorecard:
    """What may be read of a card whose study is blinded until its planned look."""
    names = aliases_of(study)
    findings = told_findings(card.findings, study, names, until)
    return BlindedScorecard(
        study=card.study, as_of=card.as_of, verdict=_verdict(card.verdict, findings, _waits(study, until), until),
        estimates=_estimates(card.estimates, study, names), findings=findings,
        impacts=(NoImpact(card.study, f"it is withheld until the look of {until}"),),
        exposed_per_arm=_aliased(card.exposed_per_arm, names), mixed_units=card.mixed_units,
        provenance=card.provenance, until=until, arms=tuple(names.values()) or study.arms,
    )  # fmt: skip


def _waits(study: Study, until: date) -> str:
    early = "" if isinstance(study.plan.looks, FixedLook) else ", or until a look decides,"
    return f"The planned look is on {until}; until then{early} no direction is shown."


def _verdict(verdict: Verdict, findings: Sequence[Finding], waits: str, until: date) -> Verdict:
    """Stopped by what was found of the data, or on hold; harm to a guardrail stands first."""
    consequence = "invalidate" if verdict.decision is Decision.INVALID else "hold"
    stops = [f.sentence for f in findings if f.passed is False and f.consequence == consequence]
    alerts = [f"Harm so far: {sentence}" for sentence in verdict.alerts]
    next_step = verdict.next_step if stops else _next_step(until, harmed=bool(alerts))
    explored = [f"Exploratory: {clause}." for clause in verdict.exploratory]
    return Verdict(
        verdict.study, verdict.as_of, False, verdict.decision if stops else Decision.HOLD,
        (*alerts, *(stops or [waits]), *explored), next_step, verdict.grade, verdict.exploratory, verdict.deviations,
        alerts=verdict.alerts,
    )  # fmt: skip


def _next_step(until: date, *, harmed: bool) -> str:
    if harmed:
        return f"Look at the harm now; unless it is stopped, the look is on {until}."
    return f"Keep the arms as they are until the look on {until}."


def _estimates(estimates: StudyEstimates, study: Study, names: Mapping[str, str]) -> StudyEstimates:
    results = tuple(_withheld(r, study, names) for r in estimates.results if r.segment == ALL_UNITS)
    return StudyEstimates(
        estimates.study, estimates.plan_digest, estimates.as_of, False, results, (), basis=estimates.basis,
        causal=None if estimates.causal is None else told_detail(estimates.causal),
    )  # fmt: skip


def _withheld(result: Result, study: Study, names: Mapping[str, str]) -> NotEstimable:
    """In place of an estimate how precise it is; of what cannot be estimated why, in general words."""
    reason, detail = Reason.BLINDED, ""
    if isinstance(result, NotEstimable):
        reason = result.reason
    else:
        detail = _precision(result, study)
    arms = Contrast(*(names.get(arm, arm) for arm in (result.contrast.treatment, result.contrast.control)))
    units = _aliased(result.n_per_arm, names)
    return NotEstimable(result.metric, arms, result.segment, result.method, reason, detail, units, result.variant)


def _precision(estimate: Estimate, study: Study) -> str:
    """Half the width of the interval, of the lift where there is one: two digits, which the effect hardly moves."""
    metric = study.metrics_by_name.get(estimate.metric.split("@")[0])
    relative = estimate.relative
    interval, unit = (estimate.interval, unit_of(metric)) if relative is None else (relative.interval, PERCENT)
    half = (interval.upper - interval.lower) / 2 * unit.factor
    shown = with_unit(fixed(half, decimals(half)), unit.difference)
    return f"\N{PLUS-MINUS SIGN} {shown}, {level(interval)} interval"


def _aliased(counts: Mapping[str, int], names: Mapping[str, str]) -> dict[str, int]:
    """Counts under aliases and in their order; those of groups that are no arms keep their names."""
    known = {names.get(arm, arm): count for arm, count in counts.items()}
    return dict(sorted(known.items()))


def without_segments(card: Scorecard, hidden: frozenset[str]) -> Scorecard:
    """The card without segments whose values are the arms of a blinded study: means of these would tell its effect."""
    if not hidden:
        return card
    results = tuple(r for r in card.estimates.results if r.segment[0] not in hidden)
    comparisons = tuple(one for one in card.estimates.segment_comparisons if one.segment not in hidden)
    return replace(card, estimates=replace(card.estimates, results=results, segment_comparisons=comparisons))
