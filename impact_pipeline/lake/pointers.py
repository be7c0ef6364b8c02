"""Pointers to current results, held against the file that they name."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

from impact_pipeline.errors import LakeError
from impact_pipeline.lake.lake import Lake

PLACE = re.compile(
    r"(?P<study>[a-z][a-z0-9_]*)/(?P<as_of>\d{4}-\d\d-\d\d)/(?P<kind>[a-z]+)-(?P<mark>[0-9a-f]{16})\.json"
)


@dataclass(frozen=True, slots=True)
class Pointer:
    """`path` lies below the folder of results."""

    as_of: str
    made_from: str
    digest: str
    path: str
    meaning: str = ""


def read_pointer(lake: Lake, study: str, kind: str) -> Pointer | None:
    """The pointer, None where there is none; raises `LakeError` where it is not one that belongs to its place."""
    path = lake.results.root / study / f"current-{kind}.json"
    if not path.is_file():
        return None
    try:
        read = Pointer(**json.loads(path.read_bytes()))
        told = PLACE.fullmatch(read.path)
    except (ValueError, TypeError):
        raise LakeError(f"{_name(study, kind)}: cannot be read; it was changed after it was written") from None
    named = None if told is None else (told["study"], told["as_of"], told["kind"], told["mark"])
    if named != (study, read.as_of, kind, str(read.digest)[:16]):
        raise LakeError(f"{_name(study, kind)}: its date, digest and path do not belong together")
    return read


def pointer_fault(lake: Lake, study: str, kind: str) -> str:
    """What is wrong with a pointer, in words that name it; '' where it names what it says, or is not there."""
    try:
        pointer = read_pointer(lake, study, kind)
    except LakeError as error:
        return str(error)
    if pointer is None:
        return ""
    path = lake.results.root / pointer.path
    if not path.is_file():
        return f"{_name(study, kind)}: names {pointer.path}, which is not there"
    if hashlib.sha256(path.read_bytes()).hexdigest() != pointer.digest:
        return f"{_name(study, kind)}: its digest is not that of {pointer.path}"
    return ""


def _name(study: str, kind: str) -> str:
    return f"results/{study}/current-{kind}.json"
