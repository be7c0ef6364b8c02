"""What people do with a plan: register, approve, amend, close, abandon. Each is one entry of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.errors import InputError
from impact_pipeline.governance.entries import SIMULATED, Entry
from impact_pipeline.governance.ledger import Ledger, LedgerWriter
from impact_pipeline.governance.plan_diff import Change, changes
from impact_pipeline.governance.plan_documents import KeptDocuments, documents_of
from impact_pipeline.governance.plan_life import Action, PlanLife, PlanState, life_of
from impact_pipeline.governance.versions import refuse_kept_versions
from impact_pipeline.lake.lake import Lake

Role = Literal["reviewer", "ethics", "privacy"]


@dataclass(frozen=True, slots=True)
class Registry:
    """Plans of one home, as one person acts on them at one time; of a made-up world its entries say so."""

    home: Path
    actor: str
    now: datetime
    simulated: bool = False

    def register(self, study: Study, reason: str) -> Entry:
        """Bind the plan, and every document that it names, as they are now.

        Where the lake holds estimates of it already, the entry says so: it came too late.
        """
        if study.broken_metrics:
            told = "; ".join(f"{name}: {fault}" for name, fault in study.broken_metrics.items())
            raise InputError(f"plan '{study.name}' names metrics with faults, and cannot be bound yet: {told}")
        with self._acting(study.name, "register", reason) as (writer, _):
            refuse_kept_versions(self.home, documents_of(study))
            looked = bool(Lake(self.home).results.pointer(study.name, "estimates"))
            return self._write(writer, "registration", {**self._version(study, reason), "looked": looked})

    def amend(self, study: Study, reason: str) -> tuple[Entry, tuple[Change, ...]]:
        """Bind the documents as they are now in place of those that were bound; the entry holds what changed."""
        with self._acting(study.name, "amend", reason) as (writer, life):
            found = self._changes(study, life.documents)
            if not found:
                raise InputError(f"plan '{study.name}' is what was registered: edit its documents first, then amend")
            refuse_kept_versions(self.home, documents_of(study))
            told = {"changes": [change.as_plain() for change in found], "binds": any(c.binds for c in found)}
            replaced = {"replaces": life.versions[-1].seq}
            return self._write(writer, "amendment", {**self._version(study, reason), **told, **replaced}), found

    def approve(self, study: Study, role: Role, reason: str = "") -> Entry:
        """Sign off what is registered; a reviewer is one whom the plan names."""
        with self._acting(study.name, "approve") as (writer, life):
            need = f"reviewer {self.actor}" if role == "reviewer" else role
            self._refuse_approval(life, need)
            if any(change.binds for change in self._changes(study, life.documents)):
                told = f"plan '{study.name}' is not what was registered (`impact plan diff {study.name}`)"
                raise InputError(f"{told}: amend it or restore it, then approve")
            told_of = {"approval": need, "version": life.versions[-1].payload["digest"]}
            return self._write(writer, "approval", {"study": study.name, **told_of, "reason": reason})

    def close(self, study: str, reason: str) -> Entry:
        """End a plan after its verdict."""
        with self._acting(study, "close", reason) as (writer, _):
            return self._write(writer, "closure", {"study": study, "reason": reason})

    def abandon(self, study: str, reason: str) -> Entry:
        """End a plan before its verdict; it stays on the record."""
        with self._acting(study, "abandon", reason) as (writer, _):
            return self._write(writer, "abandonment", {"study": study, "reason": reason})

    @contextmanager
    def _acting(self, study: str, action: Action, reason: str | None = None) -> Iterator[tuple[LedgerWriter, PlanLife]]:
        if reason is not None and not reason.strip():
            raise InputError(f"to {action} a plan takes a reason; give one with --reason")
        with Ledger(self.home).alone() as writer:
            life = life_of(study, writer.entries(study))
            refusal = life.refusal(action)
            if refusal is not None:
                raise InputError(refusal)
            yield writer, life

    def _version(self, study: Study, reason: str) -> dict[str, Any]:
        digests = KeptDocuments(self.home).keep(documents_of(study))
        needed = approvals_needed(study)
        named = {"study": study.name, "digest": digest(dict(digests)), "documents": dict(digests)}
        return {**named, "needed": list(needed), "reason": reason}

    def _changes(self, study: Study, registered: Mapping[str, str]) -> tuple[Change, ...]:
        return changes(KeptDocuments(self.home).read(registered), documents_of(study))

    def _refuse_approval(self, life: PlanLife, need: str) -> None:
        plan = f"plan '{life.study}'"
        if need not in life.needed:
            wanted = ", ".join(life.needed) or "none"
            raise InputError(f"{plan} asks for no approval '{need}'; it needs {wanted} (`governance` of the plan)")
        if need in life.approvals:
            raise InputError(f"{plan} has the approval '{need}' already, by {life.approvals[need]}")
        if self.actor in life.writers:
            raise InputError(f"{plan} was registered or amended by {self.actor}; somebody else approves it")

    def _write(self, writer: LedgerWriter, event: str, payload: Mapping[str, Any]) -> Entry:
        told = {**payload, **(SIMULATED if self.simulated else {})}
        return writer.append(event, told, actor=self.actor, now=self.now)


def approvals_needed(study: Study) -> tuple[str, ...]:
    """The approvals that a plan asks for, as they are named in the ledger."""
    asked = study.plan.governance
    if asked is None:
        return ()
    signed: tuple[Role, ...] = ("ethics", "privacy")
    return (*(f"reviewer {name}" for name in asked.reviewers), *(role for role in signed if getattr(asked, role)))


def register_drafts(registry: Registry, studies: Iterable[Study], reason: str) -> int:
    """Register every plan that is a draft; returns how many were."""
    entries = Ledger(registry.home).entries()
    drafts = [study for study in studies if life_of(study.name, entries).state is PlanState.DRAFT]
    for study in drafts:
        registry.register(study, reason)
    return len(drafts)


def differences(home: Path, study: Study, against: int | None = None) -> tuple[Change, ...]:
    """What the documents are now against what is registered, or against the version of an older entry."""
    life = life_of(study.name, Ledger(home).entries(study.name))
    seqs = [entry.seq for entry in life.versions]
    if not seqs:
        raise InputError(life.refusal("amend") or "")
    if against is not None and against not in seqs:
        raise InputError(
            f"entry {against} holds no version of plan '{study.name}'; versions are {', '.join(map(str, seqs))}"
        )
    version = life.versions[-1 if against is None else seqs.index(against)]
    return changes(KeptDocuments(home).read(version.payload["documents"]), documents_of(study))
