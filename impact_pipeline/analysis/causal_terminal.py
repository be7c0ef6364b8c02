"""The answer of a causal design as tables: its number, the designs that were asked, effects beside it, checks."""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.analysis.answer import Answer
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.causal.detail import MAIN, Attempt, NamedEffect

Rows = list[list[str]]
TableOf = tuple[str, list[str], Rows]
NONE = "-"
MOST_EFFECTS = 40
"""Effects beside the main one that are listed; `--json` has all of them."""


def causal_tables(answer: Answer) -> Iterator[TableOf]:
    """Designs, effects, numbers and checks, as far as there are any."""
    if len(answer.attempts) > len({attempt.metric for attempt in answer.attempts}):
        heads = ["metric", "design", "method", "effect", "grade", "answers"]
        yield "Designs in the order in which they were declared", heads, [_attempt(a) for a in answer.attempts]
    beside = [effect for effect in answer.effects if effect.name != MAIN]
    if beside:
        more = f", the first {MOST_EFFECTS} of {len(beside)}" if len(beside) > MOST_EFFECTS else ""
        heads = ["metric", "effect", "value", "std error", f"{100 * (1 - answer.alpha):.4g} % interval", "p"]
        yield f"Beside the main effect{more}", heads, [_effect(effect) for effect in beside[:MOST_EFFECTS]]
    if answer.numbers:
        rows = [[n.metric, n.name, f"{n.value:.5g}"] for n in answer.numbers]
        yield "Numbers of the method", ["metric", "name", "value"], rows
    if answer.findings:
        heads = ["metric", "check", "result", "if failed", "found"]
        yield "Checks", heads, [_finding(finding) for finding in answer.findings]


def causal_lines(answer: Answer) -> Iterator[str]:
    """The grade of evidence, and why a declared design does not stand; the result's notes tell that of the first."""
    if answer.grade is not None:
        failed = [f.diagnostic for f in answer.findings if f.passed is False and f.consequence != "none"]
        told = f"failed: {', '.join(dict.fromkeys(failed))}" if failed else "a quasi-experiment whose checks passed"
        yield f"evidence of grade {answer.grade} ({told})"
    first = {attempt.metric: attempt for attempt in reversed(answer.attempts)}
    for attempt in answer.attempts:
        told_as_note = attempt is first[attempt.metric] and not attempt.answers
        if not attempt.stands and not told_as_note:
            yield f"{attempt.metric}, {attempt.design.replace('_', ' ')}: {attempt.told}"


def _attempt(own: Attempt) -> list[str]:
    value = NONE if own.value is None else f"{own.value:+.4g}"
    return [own.metric, own.design, own.method, value, own.grade or NONE, "yes" if own.answers else "no"]


def _effect(own: NamedEffect) -> list[str]:
    if own.value is None:
        return [own.metric, own.name, "none", NONE, own.detail or NONE, NONE]
    error = NONE if own.std_error is None else f"{own.std_error:.4g}"
    p_value = NONE if own.p_value is None else f"{own.p_value:.2g}"
    return [own.metric, own.name, f"{own.value:+.5g}", error, _span(own), p_value]


def _span(own: NamedEffect) -> str:
    if own.lower is None and own.upper is None:
        return NONE
    lower, upper = ("unbounded" if bound is None else f"{bound:+.4g}" for bound in (own.lower, own.upper))
    return f"{lower} to {upper}"


def _finding(own: Finding) -> list[str]:
    result = {True: "passed", False: "failed", None: "informs"}[own.passed]
    consequence = "nothing" if own.consequence == "none" else own.consequence.replace("_", " ")
    return [own.metric, own.diagnostic.replace("_", " "), result, consequence, own.sentence]
