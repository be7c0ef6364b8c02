"""Sentences of a scorecard that quote what is withheld, in other words: findings, and the reasons of the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.decisions.disclosed import Disclosed
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.governance.disclosure import Why
from impact_pipeline.outcomes.cells import EXPOSED

ORIGINS = ("worst_segment", "worst_cohort_day")
"""Details of a finding that name a part of the units."""


def told_findings(card: Scorecard, study: Study, told: Disclosed) -> tuple[Finding, ...]:
    """Findings as they are told; whether each passed stays."""
    return tuple(_finding(finding, card, study, told) for finding in card.findings)


def told_reasons(card: Scorecard, study: Study, told: Disclosed) -> tuple[str, ...]:
    """Reasons that quote a finding or a metric of which something is withheld say what is told of it."""
    pairs = zip(card.findings, told_findings(card, study, told), strict=True)
    changed = {before.sentence: after.sentence for before, after in pairs}
    said = [_reason(changed.get(reason, reason), study, told) for reason in card.verdict.reasons]
    return tuple(dict.fromkeys(said))


def _reason(reason: str, study: Study, told: Disclosed) -> str:
    quoted = _quoted_metric(reason, study, told)
    if quoted is None:
        return reason
    label, name, why = quoted
    return f"{label}: {told.in_words(why, name)}."


def _quoted_metric(sentence: str, study: Study, told: Disclosed) -> tuple[str, str, Why] | None:
    """Label, name and reason of a metric that the sentence names and of which nothing is told."""
    for name, metric in study.metrics_by_name.items():
        why = told.why(name)
        if why is not None and metric.label in sentence:
            return metric.label, name, why
    return None


def _finding(finding: Finding, card: Scorecard, study: Study, told: Disclosed) -> Finding:
    key = finding.metric or EXPOSED
    why = told.why(key)
    if why == "few_since" and not _quotes_counts(finding, card):
        why = None
    quoted = _quoted_metric(finding.sentence, study, told)
    if why is None and quoted is not None:
        _, key, why = quoted
    if why is not None:
        return _silenced(finding, told.in_words(why, key))
    cut = min(_places_of_origins(finding, told), default=None)
    if cut is None:
        return finding
    details = {name: value for name, value in finding.details.items() if not name.startswith(ORIGINS)}
    return replace(finding, sentence=f"{finding.sentence[:cut]}Where it comes from is withheld.", details=details)


def _silenced(finding: Finding, detail: str) -> Finding:
    return replace(finding, statistic=None, sentence=f"What was counted is {detail}.", details={})


def _quotes_counts(finding: Finding, card: Scorecard) -> bool:
    counts = {f"{units:,}" for units in card.exposed_per_arm.values()}
    return any(count in finding.sentence for count in counts) or bool(set(ORIGINS) & set(finding.details))


def _places_of_origins(finding: Finding, told: Disclosed) -> Iterator[int]:
    """Where in the sentence a part of the units is named of which nothing is told."""
    for name in ORIGINS:
        label = str(finding.details.get(name, ""))
        place = finding.sentence.find(f" % of {label}") if label else -1
        if place >= 0 and _is_withheld(name, label, told):
            yield finding.sentence.rfind(" ", 0, place) + 1


def _is_withheld(name: str, label: str, told: Disclosed) -> bool:
    if name == "worst_cohort_day":
        return date.fromisoformat(label.removeprefix("cohort ")) not in told.cohorts
    segment, _, value = label.partition(" '")
    return told.why(EXPOSED, (segment, value.removesuffix("'"))) is not None
