"""Whether a look's verdict counts: as a plan was bound before its outcomes were read, or to explore only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.governance.blinding import unblindings
from impact_pipeline.governance.entries import read_entry
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_diff import Change, changes, read_change
from impact_pipeline.governance.plan_documents import KeptDocuments, documents_of
from impact_pipeline.governance.plan_life import PlanLife, PlanState, life_of


@dataclass(frozen=True, slots=True)
class Standing:
    """`exploratory` says why a verdict does not count, in clauses; `deviations` what was done outside the plan besides.

    With neither, the plan binds.
    """

    exploratory: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()


BINDING = Standing()


def standing_of(study: Study, home: Path) -> Standing:
    """How the study stands by the ledger, and by its documents as they are now."""
    entries = Ledger(home).entries(study.name)
    life = life_of(study.name, entries)
    if life.state is PlanState.DRAFT:
        return Standing(("plan not registered",))
    edits = changes(KeptDocuments(home).read(life.documents), documents_of(study))
    late = [read_change(plain) for made in life.amendments if made.late for plain in made.entry.payload["changes"]]
    early = [read_change(plain) for made in life.amendments if not made.late for plain in made.entry.payload["changes"]]
    deviations = [f"changed since it was registered: {edit}" for edit in edits if not edit.binds]
    deviations += [f"amended after the first look: {edit}" for edit in late if not edit.binds]
    deviations += [f"amended before the first look: {edit}" for edit in early]
    deviations += unblindings(entries)
    return Standing(tuple(_exploratory(life, edits, late)), tuple(dict.fromkeys(deviations)))


def _exploratory(life: PlanLife, edits: tuple[Change, ...], late: list[Change]) -> Iterator[str]:
    if life.state is PlanState.ABANDONED:
        yield "plan abandoned"
    if life.looked_before:
        yield "plan registered after its outcomes were first read"
    if life.missing:
        yield f"plan not approved, missing: {', '.join(life.missing)}"
    yield from (f"plan changed since it was registered: {edit}" for edit in edits if edit.binds)
    yield from (f"plan amended after the first look: {edit}" for edit in late if edit.binds)


def ended_plans(home: Path) -> frozenset[str]:
    """Studies whose plans were closed or abandoned."""
    markers = (b'"event":"closure"', b'"event":"abandonment"')
    entries = (read_entry(line) for line in Ledger(home).lines() if any(marker in line for marker in markers))
    ended = (entry for entry in entries if entry is not None and entry.event in ("closure", "abandonment"))
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


def status_of(study: Study, home: Path) -> PlanStatus:
    life = life_of(study.name, Ledger(home).entries(study.name))
    return PlanStatus(study.name, life.state, standing_of(study, home))
