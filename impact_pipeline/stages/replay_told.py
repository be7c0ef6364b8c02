"""Replays of one result or of all current ones, told to a person in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from impact_pipeline.errors import InputError
from impact_pipeline.governance.erasures import Reduction
from impact_pipeline.lake.results import SCORECARD
from impact_pipeline.stages.readers import Readers
from impact_pipeline.stages.replay import Difference, Replayed, replay
from impact_pipeline.stages.workspace import Workspace

LISTED = 12


def replay_all(workspace: Workspace, reference: str | None, *, every: bool) -> tuple[Replayed, ...]:
    """The result that is named, or the current one of every study."""
    if every == (reference is not None):
        raise InputError("name one result, or give --all: impact replay ranker_v7")
    names = workspace.lake.results.studies(SCORECARD) if every else (str(reference),)
    readers = Readers.of(workspace.catalog, workspace.lake)
    return tuple(as_told(replay(workspace, name), readers) for name in names)


def as_told(found: Replayed, readers: Readers) -> Replayed:
    """Without numbers that readers may not see: of a blinded study any, and what the rows of an erased unit moved."""
    plans = readers.catalog.plans
    until = readers.blinding_now(readers.catalog.study(found.study)).until if found.study in plans else None
    told = replace(found, moved=_withheld(found.moved, "it would tell of the erased"))
    if until is None:
        return told
    return replace(told, differences=_withheld(found.differences, f"the study is blinded until {until}"))


def _withheld(differences: Sequence[Difference], why: str) -> tuple[Difference, ...]:
    """Where numbers differ, and not what they are."""
    told = f"the recomputed number is not the stored one; both are withheld: {why}"
    return tuple(replace(d, sentence=f"{d.place}: {told}") if d.cause == "number" else d for d in differences)


def tell(found: Replayed) -> str:
    """One line where the bits are equal; else the first difference and those that follow from it."""
    name = f"{found.study} of {found.as_of}" + (f", result {found.result_id[:12]}" if found.result_id else "")
    if found.equal:
        return "\n".join([f"{name}: equal to the bit", *(f"  note: {remark}" for remark in found.remarks)])
    if found.lawfully_reduced:
        return "\n".join(_reduced(name, found))
    first, *others = found.differences or ("nothing was recomputed",)
    lines = [f"{name}: {first}", *(f"  then {one}" for one in others[:LISTED])]
    if len(others) > LISTED:
        lines.append(f"  and {len(others) - LISTED} more")
    if found.reduced_by:
        lines.append(f"  besides, {_reduction(found)}")
    if not found.recomputed:
        lines.append("  it cannot be recomputed from what is there")
    elif found.equal_numbers:
        lines.append("  from the documents and inputs that were recorded, every number is equal to the bit")
    return "\n".join([*lines, *(f"  note: {remark}" for remark in found.remarks)])


def _reduced(name: str, found: Replayed) -> Iterator[str]:
    yield f"{name}: {_reduction(found)}"
    numbers = [one for one in found.moved if one.cause == "number"]
    yield f"  {len(numbers)} numbers move where it is recomputed from the rest; the stored ones stand"
    yield from (f"  note: {remark}" for remark in found.remarks)


def _reduction(found: Replayed) -> Reduction:
    return Reduction(found.reduced_by, found.requests)
