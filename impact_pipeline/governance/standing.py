"""Whether a look's verdict counts: as a plan was bound before its outcomes were read, or to explore only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.governance.blinding import unblindings
from impact_pipeline.governance.entries import Entry
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_diff import Change, changes, read_change
from impact_pipeline.governance.plan_documents import KeptDocuments, documents_of
from impact_pipeline.governance.plan_life import Amendment, PlanLife, PlanState, life_of


@dataclass(frozen=True, slots=True)
class Standing:
    """`exploratory` says why a verdict does not count, in clauses; `deviations` what was done outside the plan besides.

    With neither, the plan binds.
    """

    exploratory: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()


BINDING = Standing()


def standing_of(study: Study, home: Path, began: date | None) -> Standing:
    """How the study stands by the ledger, and by its documents as they are now.

    `began` is the first day whose outcomes may carry the effect; None where that is not known yet.
    """
    entries = Ledger(home).entries(study.name)
    life = life_of(study.name, entries)
    if life.state is PlanState.DRAFT:
        return Standing(("plan not registered",))
    edits = changes(KeptDocuments(home).read(life.documents), documents_of(study))
    exploratory = (*_of_registration(life, began), *_of_edits(life, edits, began))
    return Standing(exploratory, tuple(dict.fromkeys((*_deviations(life, edits, began), *unblindings(entries)))))


def too_late(entry: Entry, began: date | None) -> bool:
    """Whether an entry was made on the day on which the effect began, or after it (UTC)."""
    return began is not None and datetime.fromisoformat(entry.ts) >= datetime.combine(began, time(), UTC)


def _of_registration(life: PlanLife, began: date | None) -> Iterator[str]:
    if life.state is PlanState.ABANDONED:
        yield "plan abandoned"
    if life.registration is not None and too_late(life.registration, began):
        yield f"plan registered on {life.registration.day}, after it began on {began}"
    if life.looked_before:
        yield "plan registered after its outcomes were first read"
    if life.missing:
        yield f"plan not approved, missing: {', '.join(life.missing)}"


def _of_edits(life: PlanLife, edits: tuple[Change, ...], began: date | None) -> Iterator[str]:
    yield from (f"plan changed since it was registered: {edit}" for edit in edits if edit.binds)
    for made in life.amendments:
        when = _lateness(made, began)
        if when:
            yield from (f"plan amended {when}: {edit}" for edit in _changes(made) if edit.binds)


def _deviations(life: PlanLife, edits: tuple[Change, ...], began: date | None) -> Iterator[str]:
    if life.registration is not None and life.registration.simulated:
        yield f"registered on a simulated clock, by {life.registration.actor}"
    yield from (f"changed since it was registered: {edit}" for edit in edits if not edit.binds)
    for made in sorted(life.amendments, key=lambda made: not _lateness(made, began)):
        when = _lateness(made, began)
        told = [edit for edit in _changes(made) if not (when and edit.binds)]
        yield from (f"amended {when or 'before the first look'}: {edit}" for edit in told)


def _lateness(made: Amendment, began: date | None) -> str:
    if made.late:
        return "after the first look"
    return f"on {made.entry.day}, after it began on {began}" if too_late(made.entry, began) else ""


def _changes(made: Amendment) -> list[Change]:
    return [read_change(plain) for plain in made.entry.payload["changes"]]


def ended_plans(home: Path) -> frozenset[str]:
    """Studies whose plans were closed or abandoned."""
    ended = Ledger(home).of_events("closure", "abandonment")
    return frozenset(entry.study for entry in ended if entry.study is not None)


@dataclass(frozen=True, slots=True)
class PlanStatus:
    """A plan's state, and how a look would stand today."""

    study: str
    state: PlanState
    standing: Standing

    def as_plain(self) -> dict[str, object]:
        return {"study": self.study, "state": self.state.value, **asdict(self.standing)}

    def __str__(self) -> str:
        told = "; ".join(self.standing.exploratory)
        return f"{self.study}: {self.state}{f', a verdict would be exploratory: {told}' if told else ''}"


def status_of(study: Study, home: Path, began: date | None) -> PlanStatus:
    life = life_of(study.name, Ledger(home).entries(study.name))
    return PlanStatus(study.name, life.state, standing_of(study, home, began))
