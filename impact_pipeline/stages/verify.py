"""Is everything what was recorded of it: tables, staged days, results, pointers, documents, signatures, seals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from impact_pipeline.decisions.scorecard import stored_result_id
from impact_pipeline.errors import LakeError
from impact_pipeline.governance.erasures import Erasures, erasures_of
from impact_pipeline.governance.signing import SIGNING_VARIABLE, SigningKey, opened
from impact_pipeline.lake.inspection import inspect
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.pointers import pointer_fault, read_pointer
from impact_pipeline.lake.results import ESTIMATES, FINDINGS, MARGINS, SCORECARD
from impact_pipeline.lake.sealed import faults_of as sealed_faults
from impact_pipeline.lake.stored import DOCUMENTS, StoredResult, find_result, kept_documents, stored_results
from impact_pipeline.stages.provenance import SIGNED_SUFFIX
from impact_pipeline.stages.study import verdict_inputs

KINDS = (MARGINS, FINDINGS, ESTIMATES, SCORECARD)


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked, what is not as it was recorded, and what could not be judged."""

    partitions: int
    staged_days: int
    results: int
    signatures: int
    faults: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.faults

    def __str__(self) -> str:
        counts = f"{self.partitions} partitions, {self.staged_days} staged days, {self.results} results"
        end = "all as recorded" if self.holds else f"{len(self.faults)} not as recorded"
        return f"{counts}, {self.signatures} signatures: {end}"

    def as_plain(self) -> dict[str, Any]:
        return {**asdict(self), "holds": self.holds}


def verify(lake: Lake, key: SigningKey | None, engine: str) -> Verified:
    """Reads everything and writes nothing; signatures are checked where there is a key.

    `engine` is the one of this installation: studies that run on another are remarked.
    """
    rows, erasures = inspect(lake), erasures_of(lake.home)
    found = {kind: stored_results(lake, kind) for kind in KINDS}
    faults = [fault for kind in KINDS for result in found[kind] for fault in _result_faults(lake, kind, result)]
    faults += _document_faults(lake)
    faults += _pointer_faults(lake)
    faults += sealed_faults(lake.home, lake.root)
    faults += _brought_back(lake, erasures)
    signed = [card for card in found[SCORECARD] if statement_of(card).is_file()]
    faults += [fault for card in signed if key is not None and (fault := signature_fault(card, key))]
    remarks = [*_remarks(len(found[SCORECARD]), len(signed), key), *_other_engines(lake, engine)]
    remarks += _erasure_remarks(erasures)
    results = sum(map(len, found.values()))
    checked = 0 if key is None else len(signed)
    return Verified(rows.partitions, rows.staged_days, results, checked, (*rows.faults, *faults), tuple(remarks))


def statement_of(card: StoredResult) -> Path:
    """Where the signed statement of a scorecard is."""
    return card.path.with_suffix(SIGNED_SUFFIX)


def signature_fault(card: StoredResult, key: SigningKey) -> str:
    """Why the statement beside a result does not vouch for it; '' where it does."""
    place = card.place.removesuffix(".json") + SIGNED_SUFFIX
    try:
        told = opened(statement_of(card).read_bytes(), key)
        plain = card.plain()
    except (ValueError, LakeError) as error:
        return f"{place}: {error}"
    digest = hashlib.sha256(card.path.read_bytes()).hexdigest()
    if [subject["digest"]["sha256"] for subject in told["subject"]] != [digest]:
        return f"{place}: is signed for another content than {card.place} has"
    return "" if told["predicate"] == plain["provenance"] else f"{place}: tells of another origin than the result"


def _result_faults(lake: Lake, kind: str, result: StoredResult) -> Iterator[str]:
    try:
        plain = result.plain()
    except (LakeError, ValueError) as error:
        yield str(error) if isinstance(error, LakeError) else f"{result.place}: cannot be read"
        return
    if kind != SCORECARD:
        return
    origin: Mapping[str, Any] = plain["provenance"]
    if stored_result_id(plain) != origin["result_id"]:
        yield f"{result.place}: its content gives the id {stored_result_id(plain)}, not {origin['result_id']}"
    try:
        if origin.get("documents") and kept_documents(lake, result.study, origin["documents"]) is None:
            yield f"{result.place}: the documents that it was made by are gone"
    except LakeError:
        return  # told of the document itself


def _document_faults(lake: Lake) -> Iterator[str]:
    for path in sorted(lake.results.root.glob(f"*/{DOCUMENTS}/*.json")):
        if hashlib.sha256(path.read_bytes()).hexdigest()[:16] != path.stem:
            yield f"results/{'/'.join(path.parts[-3:])}: the content was changed after it was written"


def _pointer_faults(lake: Lake) -> Iterator[str]:
    for path in sorted(lake.results.root.glob("*/current-*.json")):
        study, kind = path.parent.name, path.stem.removeprefix("current-")
        fault = pointer_fault(lake, study, kind) or _inputs_fault(lake, study, kind)
        if fault:
            yield fault


def _inputs_fault(lake: Lake, study: str, kind: str) -> str:
    """Whether a pointer says truly what its result was made from."""
    pointer = read_pointer(lake, study, kind)
    if pointer is None or kind not in KINDS:
        return ""
    try:
        if kind == SCORECARD:
            if pointer.meaning != _plain_of(lake, pointer.path)["provenance"].get("meaning", ""):
                return f"results/{study}/current-{kind}.json: its result was made by documents of another meaning"
            both = (_digests(lake, study, pointer.as_of, one) for one in (FINDINGS, ESTIMATES))
            known = {verdict_inputs(findings, estimates) for findings, estimates in product(*both)}
        else:
            known = {_plain_of(lake, pointer.path)["cells"]}
    except (LakeError, ValueError, KeyError):
        return ""
    told = f"results/{study}/current-{kind}.json: its result was not made from {pointer.made_from[:16]}"
    return "" if pointer.made_from in known else told


def _brought_back(lake: Lake, erasures: Erasures) -> Iterator[str]:
    """Rows that an erasure took out and that stand again, as from a restored copy."""
    for place, fingerprint in _standing(lake) if erasures.count else ():
        step = erasures.steps.get(fingerprint)
        if step is not None and step.rows:
            yield f"{place}: holds again what erasure '{step.request}' took out; run that erasure again"


def _standing(lake: Lake) -> Iterator[tuple[str, str]]:
    """Every partition and staged day by name, with its fingerprint."""
    for name, table in lake.tables().items():
        yield from ((f"{name} {part}".rstrip(), state.fingerprint) for part, state in sorted(table.states().items()))
    for folder in sorted(lake.staging.root.glob("*")):
        days = lake.staging.days(folder.name)
        yield from ((f"raw/{folder.name} {day}", staged.fingerprint) for day, staged in days.items())


def _erasure_remarks(erasures: Erasures) -> Iterator[str]:
    if erasures.count:
        some = "1 erasure is" if erasures.count == 1 else f"{erasures.count} erasures are"
        yield f"{some} in the ledger; what {'it' if erasures.count == 1 else 'they'} took out counts as no change"


def _digests(lake: Lake, study: str, as_of: str, kind: str) -> list[str]:
    """Digests of all results of a kind on one date."""
    same_day = (one for one in stored_results(lake, kind, study) if one.as_of.isoformat() == as_of)
    return [hashlib.sha256(one.path.read_bytes()).hexdigest() for one in same_day]


def _plain_of(lake: Lake, path: str) -> dict[str, Any]:
    name = lake.results.root / path
    return next(one for one in _all(lake) if one.path == name).plain()


def _all(lake: Lake) -> Iterator[StoredResult]:
    for kind in KINDS:
        yield from stored_results(lake, kind)


def _other_engines(lake: Lake, engine: str) -> Iterator[str]:
    """Studies that still run and whose newest look was made on another engine."""
    running: dict[str, list[str]] = {}
    for study in lake.results.studies(SCORECARD):
        try:
            plain = find_result(lake, SCORECARD, study).plain()
        except (LakeError, ValueError):
            continue
        if not plain["verdict"]["final"] and plain["provenance"]["engine"] != engine:
            running.setdefault(plain["provenance"]["engine"], []).append(study)
    for began_on, studies in sorted(running.items()):
        yield f"{', '.join(studies)} began on {began_on}; {engine} waits for `impact plan accept-engine`"


def _remarks(cards: int, signed: int, key: SigningKey | None) -> Iterator[str]:
    if signed and key is None:
        yield f"{signed} results are signed; set {SIGNING_VARIABLE} to check the signatures"
    if key is not None and signed < cards:
        yield f"{cards - signed} of {cards} scorecards are not signed"
