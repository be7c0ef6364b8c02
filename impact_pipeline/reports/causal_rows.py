"""What a causal study's page shows beside its results: designs asked, named effects, numbers, published answers."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.estimators.base import Interval
from impact_pipeline.estimators.causal.detail import MAIN, Attempt, CausalDetail, NamedEffect
from impact_pipeline.reports.formatting import p_value, shown, unit_of
from impact_pipeline.reports.look import Look

DASH = "\N{EN DASH}"
MOST_EFFECTS = 60
"""Named effects of a metric that the page lists."""


@dataclass(frozen=True, slots=True)
class AttemptRow:
    label: str
    design: str
    method: str
    value: str
    interval: str
    grade: str
    answers: bool
    told: str


@dataclass(frozen=True, slots=True)
class EffectRow:
    """`refused` is the reason where there is no number."""

    label: str
    name: str
    value: str = ""
    interval: str = ""
    p_value: str = ""
    method: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class NumberRow:
    label: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class PublishedRow:
    label: str
    ours: str
    our_error: str
    theirs: str
    their_error: str
    source: str


def attempt_rows(look: Look) -> list[AttemptRow]:
    """Every design that was asked, in the plan's order."""
    return [_attempt(look, own) for own in _detail(look).attempts]


def effect_rows(look: Look) -> list[EffectRow]:
    """Effects beside the main ones, at most `MOST_EFFECTS` of each metric."""
    found: list[EffectRow] = []
    for metric in dict.fromkeys(own.metric for own in _detail(look).effects):
        own = [e for e in _detail(look).effects if e.metric == metric and e.name != MAIN]
        found += [_effect(look, effect) for effect in own[:MOST_EFFECTS]]
    return found


def number_rows(look: Look) -> list[NumberRow]:
    """Numbers that a reader of the method wants to see."""
    return [NumberRow(look.label(own.metric), own.name, f"{own.value:.5g}") for own in _detail(look).numbers]


def published_rows(look: Look) -> list[PublishedRow]:
    """Papers' answers beside ours."""
    known = {(own.metric, own.name): own for own in _detail(look).effects}
    rows = []
    for answer in look.study.plan.published:
        own = known.get((answer.metric, answer.effect))
        ours = "none" if own is None or own.value is None else f"{own.value:.4g}"
        error = DASH if own is None or own.std_error is None else f"{own.std_error:.3g}"
        theirs = DASH if answer.std_error is None else f"{answer.std_error:g}"
        label = look.label(answer.metric) + ("" if answer.effect == MAIN else f", {answer.effect}")
        rows.append(PublishedRow(label, ours, error, f"{answer.value:g}", theirs, answer.source))
    return rows


def _detail(look: Look) -> CausalDetail:
    return look.card.estimates.causal or CausalDetail((), (), (), ())


def _attempt(look: Look, own: Attempt) -> AttemptRow:
    value, interval = _numbers(look, own.metric, own.value, own.lower, own.upper)
    design, method = own.design.replace("_", " "), own.method.replace("_", " ")
    told = own.told
    return AttemptRow(look.label(own.metric), design, method, value, interval, own.grade or DASH, own.answers, told)


def _effect(look: Look, own: NamedEffect) -> EffectRow:
    label = look.label(own.metric)
    if own.value is None:
        return EffectRow(label, own.name, refused=own.detail or "")
    value, interval = _numbers(look, own.metric, own.value, own.lower, own.upper)
    tested = "" if own.p_value is None else p_value(own.p_value)
    return EffectRow(label, own.name, value, interval, tested, own.method.replace("_", " "))


def _numbers(look: Look, name: str, value: float | None, lower: float | None, upper: float | None) -> tuple[str, str]:
    metric: Metric | None = look.metric(name)
    if value is None:
        return "none", DASH
    if lower is None or upper is None:
        bounds = " to ".join("unbounded" if bound is None else f"{bound:.4g}" for bound in (lower, upper))
        return f"{value:+.4g}", DASH if lower is None and upper is None else bounds
    written = shown(value, Interval(lower, upper, 0.95), unit_of(metric), signed=True)
    return written.value, written.interval
