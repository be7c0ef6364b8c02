"""Recompute a stored result from its recorded inputs, in a scratch lake, and name the first difference there is."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.reached import catalog_of, documents_behind
from impact_pipeline.decisions.base import Provenance, Scorecard
from impact_pipeline.decisions.hidden import WITHHELD, hidden_places, is_hidden
from impact_pipeline.decisions.scorecard import Kept, stored_result_id
from impact_pipeline.errors import LakeError
from impact_pipeline.governance.document_changes import document_changes
from impact_pipeline.governance.environment import changes, environment_here
from impact_pipeline.governance.erasures import Erasures, erasures_of
from impact_pipeline.governance.fields import FieldChange, changed_fields
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.pointers import pointer_fault
from impact_pipeline.lake.results import SCORECARD, canonical_json
from impact_pipeline.lake.spool import SCRATCH
from impact_pipeline.lake.stored import StoredResult, find_result, kept_documents, value_of
from impact_pipeline.outcomes.fold import fold_day
from impact_pipeline.stages.disclosure import published_card
from impact_pipeline.stages.first_look import engine_remarks
from impact_pipeline.stages.history import recorded_cards
from impact_pipeline.stages.provenance import table_marks
from impact_pipeline.stages.restore import restore_inputs
from impact_pipeline.stages.study import card_of, estimates_of, findings_of, make_cells, make_exposures
from impact_pipeline.stages.workspace import Workspace, code_version

NUMBERS = ("exposed_per_arm", "mixed_units", "findings", "estimates", "impacts", "verdict")
"""Parts of a scorecard that are computed, in the order of the stages that compute them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it was recorded: `cause` is result, documents, code, engine, input, table or number."""

    cause: str
    place: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.cause}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Replayed:
    """A result recomputed. `differences` are in the order of cause and effect; `recomputed` is False where what is
    missing kept it from being. `remarks` differ and change no number: the environment.

    `reduced_by` rows went from its inputs by the erasures `requests`; `moved` is what the rest gives otherwise.
    """

    study: str
    as_of: date
    result_id: str
    recomputed: bool
    differences: tuple[Difference, ...]
    remarks: tuple[str, ...] = ()
    reduced_by: int = 0
    requests: tuple[str, ...] = ()
    moved: tuple[Difference, ...] = ()

    @property
    def equal(self) -> bool:
        return self.recomputed and not self.differences and not self.reduced_by

    @property
    def lawfully_reduced(self) -> bool:
        """Whether recorded erasures are all that keeps the result from being made again."""
        return self.recomputed and not self.differences and self.reduced_by > 0

    @property
    def holds(self) -> bool:
        return self.equal or self.lawfully_reduced

    @property
    def equal_numbers(self) -> bool:
        causes = {d.cause for d in (*self.differences, *self.moved)}
        return self.recomputed and not causes & {"table", "number", "result"}

    def as_plain(self) -> dict[str, Any]:
        """For scripts."""
        told = {"equal": self.equal, "equal_numbers": self.equal_numbers, "as_of": self.as_of.isoformat()}
        return {**asdict(self), **told, "lawfully_reduced": self.lawfully_reduced}


def replay(workspace: Workspace, reference: str) -> Replayed:
    """Recompute the result that `reference` names; nothing of the home is written."""
    stored = find_result(workspace.lake, SCORECARD, reference)
    try:
        return _replayed(workspace, stored)
    except LakeError as error:
        return _stopped(stored, Difference("result", stored.place, str(error)))


def _replayed(workspace: Workspace, stored: StoredResult) -> Replayed:
    card, plain = value_of(stored, Scorecard), stored.plain()
    found = list(_tampered(workspace.lake, stored, card, plain))
    documents = kept_documents(workspace.lake, card.study, card.provenance.documents)
    found += _documents(workspace.catalog, card, documents)
    found += _versions(workspace, card.provenance)
    known = workspace.catalog if documents is None else catalog_of(documents)
    catalog = replace(known, disclosure=workspace.catalog.disclosure)
    if card.study not in catalog.plans or digest(catalog.plans[card.study]) != card.provenance.plan_digest:
        return _result(card, found, recomputed=False)
    study = catalog.study(card.study)
    with tempfile.TemporaryDirectory(prefix=SCRATCH) as folder:
        scratch = replace(workspace, catalog=catalog, lake=Lake(Path(folder)))
        erasures = erasures_of(workspace.home)
        faults = restore_inputs(workspace.lake, scratch.lake, card.provenance.inputs, erasures)
        found += [Difference("input", fault.place, fault.sentence) for fault in faults]
        if faults:
            return _result(card, found, recomputed=False)
        made = list(_recomputed(workspace, scratch, study, card, plain))
    return _reduced(workspace, card, found, made, erasures)


def _tampered(lake: Lake, stored: StoredResult, card: Scorecard, plain: Mapping[str, Any]) -> Iterator[Difference]:
    given = stored_result_id(plain)
    if given != card.provenance.result_id:
        told = f"{stored.place}: its content gives the id {given}, not {card.provenance.result_id}"
        yield Difference("result", stored.place, told)
    fault = pointer_fault(lake, stored.study, SCORECARD)
    if fault:
        yield Difference("result", f"results/{stored.study}/current-{SCORECARD}.json", fault)


def _documents(catalog: Catalog, card: Scorecard, kept: Mapping[str, Any] | None) -> Iterator[Difference]:
    """How the catalog's documents differ from those that the result was made by."""
    place, recorded = f"study {card.study}", card.provenance.plan_digest
    if card.study not in catalog.plans:
        faults = "; ".join(map(str, catalog.broken.get(("study", card.study), ())))
        told = f"has faults now: {faults}" if faults else "is not in the catalog any more"
        yield Difference("documents", place, f"the plan of '{card.study}' {told}")
    elif kept is None:
        found = digest(catalog.plans[card.study])
        if found != recorded:
            told = f"the plan of '{card.study}' has the digest {found[:12]}; that of the result is {recorded[:12]}"
            yield Difference("documents", place, told)
    else:
        now = documents_behind(Study(catalog, catalog.plans[card.study]))
        for change in document_changes(card.study, kept, now):
            yield Difference("documents", change.document, f"the catalog changed since: {change} ({change.part})")


def _versions(workspace: Workspace, recorded: Provenance) -> Iterator[Difference]:
    pairs = [("code", recorded.code_version, code_version()), ("engine", recorded.engine, workspace.engine.name)]
    for cause, then, now in pairs:
        if then != now:
            yield Difference(cause, cause, f"the result was made by {then}; this is {now}")


def _recomputed(
    workspace: Workspace, scratch: Workspace, study: Study, card: Scorecard, plain: Mapping[str, Any]
) -> Iterator[Difference]:
    _fold(scratch, study, card.provenance.inputs)
    make_exposures(scratch, study, card.as_of)
    make_cells(scratch, study, card.as_of)
    marks = table_marks(scratch.lake, study)
    for name in marks:
        if marks[name] != card.provenance.tables.get(name, marks[name]):
            told = f"{name} has other rows than it had: {card.provenance.tables[name]} -> {marks[name]}"
            yield Difference("table", name, told)
    origin = card.provenance
    kept = Kept(origin.documents, origin.tables, origin.history, origin.environment, origin.meaning)
    cards = recorded_cards(origin.history, workspace.lake, SCORECARD)
    estimates = estimates_of(scratch, study, card.as_of, cards)
    remarks = engine_remarks(workspace.lake, study.name, card.as_of, origin.engine)
    findings = findings_of(scratch, study, card.as_of)
    made = card_of(scratch, study, card.as_of, findings, estimates, kept, remarks, card.verdict.standing)
    again = json.loads(canonical_json(made))
    changed = [change for name in NUMBERS for change in changed_fields(plain[name], again[name], name)]
    yield from _numbers(changed, hidden_places(card, published_card(card, study, workspace.lake)))
    if not changed and canonical_json(replace(made, provenance=origin)) != canonical_json(card):
        yield Difference("number", "scorecard", "the numbers are equal, and yet their bits differ")


def _numbers(changed: Sequence[FieldChange], hidden: Collection[str]) -> Iterator[Difference]:
    """Each number that differs; those that are withheld together, and without their places and values."""
    told = [change for change in changed if not is_hidden(change, hidden)]
    yield from (Difference("number", change.place, f"{change} (stored -> recomputed)") for change in told)
    withheld = len(changed) - len(told)
    if withheld:
        yield Difference("number", WITHHELD, f"{withheld} numbers that are withheld differ: they would tell of too few")


def _reduced(
    workspace: Workspace, card: Scorecard, found: list[Difference], made: list[Difference], erasures: Erasures
) -> Replayed:
    """Where erasures reduced the inputs, what the recomputation gives otherwise is told apart.

    Numbers that need not be equal cannot vouch for the stored ones, so the ledger has to.
    """
    reduction = erasures.of_inputs(card.provenance.inputs)
    if not reduction.requests:
        return _result(card, [*found, *made], recomputed=True)
    result = _result(card, [*found, *_unrecorded(workspace, card)], recomputed=True)
    return replace(result, reduced_by=reduction.rows, requests=reduction.requests, moved=tuple(made))


def _unrecorded(workspace: Workspace, card: Scorecard) -> Iterator[Difference]:
    entries = Ledger(workspace.home).entries(card.study)
    if card.provenance.result_id not in {e.payload.get("result_id") for e in entries if e.event == "verdict"}:
        told = f"the ledger tells of no verdict {card.provenance.result_id[:12]} of '{card.study}'"
        yield Difference("result", "ledger.jsonl", told)


def _fold(scratch: Workspace, study: Study, inputs: Mapping[str, Mapping[str, str]]) -> None:
    """Folded days of facts, made again from the restored rows."""
    for fact in study.facts:
        if fact.fold == "unit_days":
            for day in inputs.get(f"trusted/{fact.dataset}", {}):
                fold_day(
                    study.catalog, fact, date.fromisoformat(day), lake=scratch.lake, engine=scratch.engine,
                    generation=scratch.generation,
                )  # fmt: skip


def _result(card: Scorecard, found: list[Difference], *, recomputed: bool) -> Replayed:
    then = card.provenance.environment
    remarks = () if then is None else changes(then, environment_here())
    return Replayed(card.study, card.as_of, card.provenance.result_id, recomputed, tuple(found), remarks)


def _stopped(stored: StoredResult, difference: Difference) -> Replayed:
    return Replayed(stored.study, stored.as_of, "", False, (difference,))
