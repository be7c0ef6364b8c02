"""Two versions of a plan's documents compared by meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from impact_pipeline.catalog.meaning import Part, feeds_the_verdict, keyed, part_of, use_name
from impact_pipeline.governance.plan_documents import Contents

SHOWN = 80
_DECIDING = ("success", "guardrail", "quality")


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one document; None stands for nothing there. `binds`: a verdict may rest on it."""

    document: str
    field: str
    part: Part
    binds: bool
    before: Any
    after: Any

    def as_plain(self) -> dict[str, Any]:
        return asdict(self)

    def as_line(self) -> str:
        """For a terminal: its part, what changed, and whether a verdict may rest on it."""
        return f"{self.part:<9}  {self}{'' if self.binds else '  (feeds no verdict)'}"

    def __str__(self) -> str:
        place = "" if self.document.startswith("study ") else f"{self.document}: "
        head, _, rest = self.field.partition(".")
        if head == "metrics" and rest and "." not in rest and None in (self.before, self.after):
            moved, use = ("removed", self.before) if self.after is None else ("added", self.after)
            return f"metric {moved}: {rest} ({use['role']})"
        values = f"{_shown(self.before)} -> {_shown(self.after)}"
        if place == "" and self.field in ("starts", "ends"):
            return f"dates moved: {self.field} {values}"
        name = self.field.removeprefix("decision.") or "document"
        return f"{place}{name} changed: {values}"


def changes(before: Contents, after: Contents) -> tuple[Change, ...]:
    """Every field that differs, in order of document and field.

    Documents of one side alone are not told: another field, which names them, is.
    """
    deciding = _deciding(before) | _deciding(after)
    found = []
    for name in sorted(before.keys() & after.keys()):
        kind, _, own = name.partition(" ")
        for field, old, new in sorted(_differences("", before[name], after[name]), key=lambda found: found[0]):
            binds = feeds_the_verdict(kind, field) and not _measure_comes_or_goes(kind, field, old, new)
            if kind == "metric" and own not in deciding:
                binds = False
            if kind == "study" and field.startswith("metrics.") and field.split(".")[1] not in deciding:
                binds = False
            found.append(Change(name, field, part_of(kind, field), binds, old, new))
    return tuple(found)


def read_change(plain: Mapping[str, Any]) -> Change:
    """A change as the ledger keeps it."""
    return Change(**plain)


def _measure_comes_or_goes(kind: str, field: str, old: Any, new: Any) -> bool:
    """Only measures that a study reads are told of its facts: what else reads one is a change of its own."""
    return kind == "fact" and bool(re.fullmatch(r"measures\.\w+", field)) and None in (old, new)


def _deciding(contents: Contents) -> set[str]:
    """Metrics that decide, under the names of both their document and their use."""
    plans = [content for name, content in contents.items() if name.startswith("study ")]
    uses = [use for plan in plans for use in plan["metrics"] if use["role"] in _DECIDING]
    parts = {part for plan in plans for part in _named_beside(plan)}
    return {name for use in uses for name in (use["metric"], use_name(use))} | parts


def _named_beside(plan: Mapping[str, Any]) -> Iterator[str]:
    """Covariates, weights and controls of a plan's samples, which are metrics too."""
    samples = [plan.get("sample"), *(fallback.get("sample") for fallback in plan.get("fallback", ()))]
    for sample in filter(None, samples):
        yield from (*sample.get("covariates", ()), *sample.get("controls", ()))
        if sample.get("weights"):
            yield sample["weights"]


def _differences(field: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    if before == after:
        return
    old, new = keyed(before), keyed(after)
    if old is None or new is None:
        yield field, before, after
        return
    for key in dict.fromkeys((*old, *new)):
        yield from _differences(f"{field}.{key}".lstrip("."), old.get(key), new.get(key))


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else "none" if value is None else json.dumps(value, sort_keys=True)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
