"""Breaking the glass: a person sees a running study's direction, and the ledger says who, when, at which look, why."""

from __future__ import annotations

from datetime import datetime

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.errors import InputError
from impact_pipeline.governance.blinding import UNBLINDING
from impact_pipeline.governance.entries import Entry
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_life import PlanState, life_of
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import SCORECARD
from impact_pipeline.lake.stored import find_result
from impact_pipeline.stages.readers import Readers


def unblind(catalog: Catalog, lake: Lake, name: str, reason: str, *, actor: str, now: datetime) -> Entry:
    """Show the study's direction from now on; raises `InputError` where that is out of order."""
    study = catalog.study(name)
    if not reason.strip():
        raise InputError(f"to unblind study '{name}' takes a reason; give one with --reason")
    with Ledger(lake.home).alone() as writer:
        refusal = _refusal(study, Readers.of(catalog, lake), writer.entries(name))
        if refusal is not None:
            raise InputError(f"study '{name}' {refusal}")
        as_of = lake.results.current(name, SCORECARD, Scorecard).as_of.isoformat()
        told = {"study": name, "as_of": as_of, "reason": reason}
        return writer.append(UNBLINDING, told, actor=actor, now=now)


def _refusal(study: Study, readers: Readers, entries: tuple[Entry, ...]) -> str | None:
    """Why there is nothing to unblind, and what to do."""
    if life_of(study.name, entries).state is PlanState.DRAFT:
        register = f"register it first, `impact plan register {study.name} --reason ...`"
        return f"has no registered plan: {register}; a draft shows direction with `governance: {{blinding: false}}`"
    found = readers.blinding_now(study)
    if found.until is None:
        return f"is not blinded: {found.why}"
    if not readers.lake.results.pointer(study.name, SCORECARD):
        return "has no look yet, so there is nothing to see; run its nights first"
    return None


def refuse_blinded(catalog: Catalog, lake: Lake, *references: str) -> None:
    """Raise `InputError` where one of these results is of a study whose direction is withheld."""
    readers = Readers.of(catalog, lake)
    for study in sorted({find_result(lake, SCORECARD, reference).study for reference in references}):
        until = readers.blinding_now(catalog.study(study)).until if study in catalog.plans else None
        if until is not None:
            wait = f"wait until the planned look on {until}, or `impact unblind {study} --reason ...`"
            raise InputError(f"study '{study}' is blinded, and its numbers would show its direction: {wait}")
