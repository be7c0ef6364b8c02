"""Whether readers may see a study's direction: not before a final verdict or its planned look, unless it was unblinded.

What is withheld, and what is shown in its place, is the reports' matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.reached import catalog_of
from impact_pipeline.errors import ImpactError
from impact_pipeline.governance.entries import Entry
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_documents import KeptDocuments
from impact_pipeline.governance.plan_life import PlanState, life_of

UNBLINDING = "unblinding"
DECIDING = ("registration", "amendment", "abandonment", UNBLINDING)
"""Events that blinding depends on."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Blinding:
    """`until` is the planned look that direction is withheld until, None where it is shown; `why` is a clause."""

    until: date | None
    why: str


def blinding(plan: Study, entries: Iterable[Entry], as_of: date, *, final: bool) -> Blinding:
    """Of a look at `as_of`, whose verdict is `final` or not, under the plan that binds and the study's entries."""
    own = tuple(entries)
    if final:
        return Blinding(None, "it has a final verdict")
    if not plan.plan.blinded:
        return Blinding(None, "its plan shows direction from the start (`governance.blinding: false`)")
    if as_of >= plan.planned_look:
        return Blinding(None, f"its planned look was on {plan.planned_look}")
    if life_of(plan.name, own).state is PlanState.ABANDONED:
        return Blinding(None, "its plan was abandoned")
    broken = next((entry for entry in own if entry.event == UNBLINDING), None)
    if broken is not None:
        return Blinding(None, f"{broken.actor} unblinded it on {broken.day}")
    return Blinding(plan.planned_look, f"its planned look is on {plan.planned_look}")


def blinding_of(study: Study, home: Path, entries: Iterable[Entry], as_of: date, *, final: bool) -> Blinding:
    """The same of a study whose documents may have been edited: what was registered decides.

    Where that cannot be read any more nothing is shown.
    """
    own = tuple(entries)
    try:
        plan = study if final else _bound(study, home, own)
    except (ImpactError, ValueError):
        return Blinding(study.planned_look, "its registered plan cannot be read (`impact ledger verify`)")
    return blinding(plan, own, as_of, final=final)


def unblindings(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Who unblinded a study, when, at which look and why: clauses for every report of it."""
    return tuple(
        f"unblinded before the planned look, by {entry.actor} on {entry.day} at the look of {entry.payload['as_of']}: "
        f"{entry.payload['reason']}"
        for entry in entries
        if entry.event == UNBLINDING
    )


def deciding_entries(home: Path) -> Mapping[str, tuple[Entry, ...]]:
    """Study -> the entries that its blinding depends on; a line that was changed is passed over, and unblinds none."""
    found: dict[str, list[Entry]] = {}
    for entry in Ledger(home).of_events(*DECIDING):
        found.setdefault(entry.study or "", []).append(entry)
    return {study: tuple(own) for study, own in found.items()}


def aliases(study: str, arms: Iterable[str]) -> Mapping[str, str]:
    """Arm -> what it is called while the study is blinded, in the order of these names.

    The order is that of digests of study and arm: the same every night, and not that of the document.

    >>> aliases("ranker_v7", ["control", "treatment"])
    {'treatment': 'arm A', 'control': 'arm B'}
    """
    ordered = sorted(set(arms), key=lambda arm: hashlib.sha256(f"{study}\0{arm}".encode()).hexdigest())
    return {arm: f"arm {LETTERS[n] if n < len(LETTERS) else n + 1}" for n, arm in enumerate(ordered)}


def aliases_of(study: Study) -> Mapping[str, str]:
    """Those of a study's arms; none where nobody was dealt one, as in causal designs."""
    return {} if study.samples else aliases(study.name, study.arms)


def _bound(study: Study, home: Path, entries: tuple[Entry, ...]) -> Study:
    """The study by its registered documents; by its present ones where it is a draft."""
    documents = life_of(study.name, entries).documents
    return catalog_of(KeptDocuments(home).read(documents)).study(study.name) if documents else study
