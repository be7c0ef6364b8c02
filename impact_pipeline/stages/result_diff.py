"""Two results of a study compared field by field, and what moved between them: data, time, definition, code, engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.engines.base import Engine
from impact_pipeline.errors import InputError
from impact_pipeline.governance.document_changes import document_changes
from impact_pipeline.governance.environment import Environment, changes
from impact_pipeline.governance.fields import FieldChange, changed_fields
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import SCORECARD, as_plain
from impact_pipeline.lake.stored import StoredResult, find_result, kept_documents, value_of
from impact_pipeline.stages.cell_diff import CellDiff, cell_diffs
from impact_pipeline.stages.disclosure import published_card, study_of
from impact_pipeline.stages.replay import NUMBERS
from impact_pipeline.stages.restore import trusted_mark

LISTED = 20
LISTED_DAYS = 5


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that differs before the numbers do. `kind` is data, time, definition, code, engine, history or
    environment; `moves` is False where it cannot have moved a number."""

    kind: str
    sentence: str
    moves: bool = True

    def __str__(self) -> str:
        return f"{self.kind}: {self.sentence}{'' if self.moves else ' (moves no number)'}"


@dataclass(frozen=True, slots=True)
class ResultDiff:
    """What differs between result `a` and result `b`, in the order of cause and effect.

    `fields` are of both as they are told; `withheld` counts those that differ besides.
    """

    a: str
    b: str
    causes: tuple[Cause, ...]
    fields: tuple[FieldChange, ...]
    cells: tuple[CellDiff, ...]
    withheld: int = 0

    def as_plain(self) -> dict[str, Any]:
        """For scripts."""
        cells = [asdict(one) for one in self.cells]
        fields = [one.as_json() for one in self.fields]
        causes = [asdict(c) for c in self.causes]
        told = {"fields": fields, "cells": cells, "withheld": self.withheld}
        return {"a": self.a, "b": self.b, "causes": causes, **told}

    def as_text(self) -> str:
        """For a terminal."""
        lines = [f"{self.a} -> {self.b}", *(f"  {cause}" for cause in self.causes)]
        moving = {cause.kind for cause in self.causes if cause.moves}
        if len(moving) > 1 and self.fields:
            lines.append(f"  {', '.join(sorted(moving))} moved together: their shares are not told apart")
        lines += [f"  cells {one}" for one in self.cells]
        lines += [f"  {field}" for field in sorted(self.fields, key=_rank)[:LISTED]]
        if len(self.fields) > LISTED:
            lines.append(f"  and {len(self.fields) - LISTED} more fields (--json lists all)")
        if self.withheld:
            lines.append(f"  {self.withheld} fields that are withheld differ: they would tell of too few")
        return "\n".join(lines if self.fields or self.withheld else [*lines, "  every number is equal"])


def _rank(field: FieldChange) -> int:
    """What a reader asks for first: the verdict, the estimates' values, the rest of them."""
    order = ("verdict.decision", "verdict.", "estimates.results", "impacts", "findings", "estimates.")
    place = next((number for number, start in enumerate(order) if field.place.startswith(start)), len(order))
    return 2 * place - (field.place.endswith("].value") and place == 2)


def compare(catalog: Catalog, lake: Lake, engine: Engine, first: str, second: str) -> ResultDiff:
    """Compare two stored results; raises `InputError` where they are of two studies, or their study is not known."""
    a, b = (find_result(lake, SCORECARD, reference) for reference in (first, second))
    if a.study != b.study:
        raise InputError(f"'{first}' is of {a.study} and '{second}' of {b.study}; name two results of one study")
    before, after = a.plain(), b.plain()
    fields = _changed(*(_told(one, catalog, lake) for one in (a, b)))
    stored = {change.place for change in _changed(before, after)}
    tables = [plain["provenance"].get("tables", {}) for plain in (before, after)]
    causes = tuple(_causes(lake, a, before, after))
    return ResultDiff(
        _named(a, before), _named(b, after), causes, fields, tuple(cell_diffs(lake, engine, *tables)),
        len(stored - {change.place for change in fields}),
    )  # fmt: skip


def _told(result: StoredResult, catalog: Catalog, lake: Lake) -> Mapping[str, Any]:
    card = value_of(result, Scorecard)
    plain: Mapping[str, Any] = as_plain(published_card(card, study_of(card, catalog, lake), lake))
    return plain


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    return tuple(change for name in NUMBERS for change in changed_fields(before[name], after[name], name))


def _named(result: StoredResult, plain: Mapping[str, Any]) -> str:
    return f"{result.study}@{result.as_of} {plain['provenance']['result_id'][:12]}"


def _causes(lake: Lake, a: StoredResult, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Cause]:
    then, now = before["provenance"], after["provenance"]
    yield from _data(then["inputs"], now["inputs"])
    if before["as_of"] != after["as_of"]:
        yield Cause("time", f"looks of {before['as_of']} and {after['as_of']}; {_more(then['inputs'], now['inputs'])}")
    yield from _definition(lake, a.study, then, now)
    for kind, name in (("code", "code_version"), ("engine", "engine")):
        if then[name] != now[name]:
            yield Cause(kind, f"{then[name]} -> {now[name]}")
    if then.get("history", {}) != now.get("history", {}):
        yield Cause("history", "a Bayesian reading draws on other results of earlier studies")
    given = [plain.get("environment") for plain in (then, now)]
    if all(given):
        differ = changes(*(Environment(**one) for one in given))
        yield from (Cause("environment", sentence) for sentence in differ)


def _data(then: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]) -> Iterator[Cause]:
    """Days that both looks read, or that one read within the days of the other, and that hold other rows."""
    for name in sorted({*then, *now}):
        left, right = then.get(name, {}), now.get(name, {})
        restated = [d for d in sorted(left) if d in right and trusted_mark(left[d]) != trusted_mark(right[d])]
        if restated:
            yield Cause("data", f"{name} restated on {_days(restated)}")
        gone = sorted(set(left) - set(right))
        if gone:
            yield Cause("data", f"{name} is not read any more on {_days(gone)}")
        late = [day for day in sorted(set(right) - set(left)) if left and day <= max(left)]
        if late:
            yield Cause("data", f"{name} came late for {_days(late)}")


def _more(then: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]) -> str:
    added = {name: len(set(now[name]) - set(then.get(name, {}))) for name in sorted(now)}
    told = ", ".join(f"{name} +{days}" for name, days in added.items() if days)
    return f"days more: {told}" if told else "no days more"


def _definition(lake: Lake, study: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Cause]:
    kept = [kept_documents(lake, study, plain.get("documents", "")) for plain in (then, now)]
    before, after = kept
    if before is not None and after is not None:
        for change in document_changes(study, before, after):
            yield Cause("definition", f"{change.part}: {change.document}: {change}", change.part != "display")
        return
    if then["plan_digest"] != now["plan_digest"]:
        yield Cause("definition", "the plan changed; its documents are not kept with both results")
    if then["metric_versions"] != now["metric_versions"]:
        yield Cause(
            "definition", f"metrics {', '.join(then['metric_versions'])} -> {', '.join(now['metric_versions'])}"
        )


def _days(days: list[str]) -> str:
    more = f" and {len(days) - LISTED_DAYS} more" if len(days) > LISTED_DAYS else ""
    return f"{', '.join(date.fromisoformat(day).isoformat() for day in days[:LISTED_DAYS])}{more}"
