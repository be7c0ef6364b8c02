"""Where the numbers of a look came from: input days and their fingerprints, how fresh they are, what was restated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from impact_pipeline.catalog.identity import digest
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.estimators.base import TrajectoryPoint
from impact_pipeline.governance.erasures import NO_ERASURES, Erasures
from impact_pipeline.reports.formatting import count, shown, unit_of
from impact_pipeline.reports.look import Look

LISTED_DAYS = 5


@dataclass(frozen=True, slots=True)
class InputSpan:
    """The days of one dataset or feature that entered a look; `digest` covers all their fingerprints."""

    name: str
    first: str
    last: str
    days: int
    digest: str
    freshness: str


def input_spans(card: Scorecard) -> tuple[InputSpan, ...]:
    """One span for each input that delivered a day, in order of name."""
    inputs = card.provenance.inputs
    return tuple(_span(name, inputs[name], card.as_of) for name in sorted(inputs) if inputs[name])


def erased_since(card: Scorecard, erasures: Erasures) -> str:
    """What lawful erasures took from the inputs of a look after it was taken; '' where they took nothing."""
    found = erasures.of_inputs(card.provenance.inputs)
    requests = ", ".join(found.requests)
    rows = f"{count(found.rows)} row{'s' if found.rows > 1 else ''}"
    return f"Since this look {rows} were lawfully erased from its inputs ({requests}); it stands." if requests else ""


def restatements(look: Look, previous: Scorecard, erasures: Erasures = NO_ERASURES) -> tuple[str, ...]:
    """What changed under an earlier look: input days that read otherwise now or came late, and its effects by them."""
    now, before = look.card.provenance.inputs, previous.provenance.inputs
    after = {name: {day: erasures.after(mark) for day, mark in days.items()} for name, days in sorted(before.items())}
    days = [_restated_days(name, now, marks) for name, marks in after.items()]
    erased = [_erased_days(name, now, before[name], marks) for name, marks in after.items()]
    effects = [
        _restated_effect(look, point, previous)
        for point in previous.estimates.trajectory
        if point.as_of == previous.as_of
    ]
    late = [_late_days(name, look.card.provenance.inputs, days) for name, days in previous.provenance.inputs.items()]
    return tuple(sentence for sentence in (*days, *erased, *late, *effects) if sentence)


def _erased_days(
    name: str, now: Mapping[str, Mapping[str, str]], before: Mapping[str, str], after: Mapping[str, str]
) -> str:
    read = now.get(name, {})
    days = [day for day, mark in sorted(before.items()) if after[day] != mark and after[day] == read.get(day)]
    return f"{name}: lawfully reduced since the look before, on {_listed(days)}." if days else ""


def _span(name: str, days: Mapping[str, str], as_of: date) -> InputSpan:
    first, last = min(days), max(days)
    behind = (as_of - date.fromisoformat(last)).days
    late = f"{count(behind)} day{'s' if behind > 1 else ''} before the look" if behind > 0 else "up to the look"
    return InputSpan(name, first, last, len(days), digest(dict(days))[:12], late)


def _restated_days(name: str, now: Mapping[str, Mapping[str, str]], before: Mapping[str, str]) -> str:
    changed = [day for day, mark in sorted(before.items()) if now.get(name, {}).get(day) != mark]
    return f"{name}: restated since the look before, on {_listed(changed)}." if changed else ""


def _late_days(name: str, now: Mapping[str, Mapping[str, str]], before: Mapping[str, str]) -> str:
    """Days that the look before went without, although it read later ones."""
    late = [day for day in sorted(now.get(name, {})) if before and day not in before and day < max(before)]
    return f"{name}: came after the look before, for {_listed(late)}." if late else ""


def _listed(days: list[str]) -> str:
    more = f" and {len(days) - LISTED_DAYS} more" if len(days) > LISTED_DAYS else ""
    return ", ".join(days[:LISTED_DAYS]) + more


def _restated_effect(look: Look, before: TrajectoryPoint, previous: Scorecard) -> str:
    key = (before.as_of, before.metric, before.contrast)
    now = next((p for p in look.card.estimates.trajectory if (p.as_of, p.metric, p.contrast) == key), None)
    if now is None or now.value == before.value:
        return ""
    unit = unit_of(look.metric(before.metric))
    old, new = (
        shown(before.value, before.interval, unit, signed=True),
        shown(now.value, now.interval, unit, signed=True),
    )
    label = look.label(before.metric, before.contrast)
    day = previous.as_of.isoformat()
    return f"{label}: the look of {day} read {old.value}; with the restated rows it reads {new.value}."
