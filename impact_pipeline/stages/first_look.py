"""The engine of a study's first look: a running study keeps it until another is accepted, which is then told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.errors import InputError, LakeError
from impact_pipeline.governance.engine_acceptance import accept_engine, acceptance
from impact_pipeline.governance.entries import Entry
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import SCORECARD
from impact_pipeline.lake.stored import StoredResult, stored_results

ACCEPT = "impact plan accept-engine {study} --reason ..."


def engine_remarks(lake: Lake, study: str, as_of: date, engine: str) -> tuple[str, ...]:
    """A sentence when a look before `as_of` was made on another engine version."""
    earlier = [one for one in stored_results(lake, SCORECARD, study) if one.as_of < as_of]
    if not earlier or _engine_of(earlier[0]) == engine:
        return ()
    told = f"the first look, on {earlier[0].as_of}, was made on {_engine_of(earlier[0])} and this one on {engine}"
    entry = acceptance(lake.home, study, engine)
    by = "" if entry is None else f", which {entry.actor} accepted ({entry.payload['reason']})"
    return (f"The engine changed while the study ran: {told}{by}; replay earlier looks to see whether a number moved.",)


def refuse_other_engine(study: Study, lake: Lake, engine: str) -> None:
    """Raises `LakeError` where a running study would be looked at on an engine that it did not begin on."""
    began_on = _kept_engine(study, lake, engine)
    if began_on:
        told = f"study '{study.name}' began on {began_on} and keeps it while it runs; this is {engine}"
        raise LakeError(f"{told}: install {began_on} again, or accept it: {ACCEPT.format(study=study.name)}")


def announcements(catalog: Catalog, lake: Lake, engine: str) -> tuple[str, ...]:
    """Before an engine touches running studies: which ones began on another and keep it."""
    kept: dict[str, list[str]] = {}
    for name in catalog.plans:
        began_on = _kept_engine(catalog.study(name), lake, engine)
        if began_on:
            kept.setdefault(began_on, []).append(name)
    return tuple(_announced(began_on, sorted(names), engine) for began_on, names in sorted(kept.items()))


def accept(study: Study, lake: Lake, engine: str, *, reason: str, actor: str, now: datetime) -> Entry:
    """Let a running study go on with this engine; raises `InputError` where it need not be accepted."""
    began_on = _kept_engine(study, lake, engine)
    if not began_on:
        raise InputError(f"study '{study.name}' is not held up by {engine}: there is nothing to accept")
    return accept_engine(lake.home, study.name, began_on=began_on, engine=engine, reason=reason, actor=actor, now=now)


def _announced(began_on: str, studies: list[str], engine: str) -> str:
    kind = "study" if len(studies) == 1 else "studies"
    keeps = "keeps" if len(studies) == 1 else "keep"
    then = f"not looked at until that is installed again or the new one accepted: {ACCEPT.format(study=studies[0])}"
    return f"engine {began_on} -> {engine}: running {kind} {', '.join(studies)} {keeps} {began_on}; {then}"


def _kept_engine(study: Study, lake: Lake, engine: str) -> str:
    """The engine that a running study began on and keeps; '' where it may be looked at on this one."""
    pointer = lake.results.pointer(study.name, SCORECARD)
    if not pointer or date.fromisoformat(pointer["as_of"]) >= study.planned_look:
        return ""
    began_on = next(_engines(lake, study.name), engine)
    return "" if began_on == engine or acceptance(lake.home, study.name, engine) else began_on


def _engines(lake: Lake, study: str) -> Iterator[str]:
    """Of the looks in their order."""
    return (_engine_of(one) for one in stored_results(lake, SCORECARD, study))


def _engine_of(result: StoredResult) -> str:
    return str(result.plain()["provenance"]["engine"])
