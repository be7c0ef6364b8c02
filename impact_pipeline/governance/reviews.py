"""What people said of results: entries of the ledger and documents of the catalog as one list, by content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.review import ReviewDocument, ReviewKind
from impact_pipeline.errors import InputError
from impact_pipeline.governance.entries import Entry
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.lake.stored import SHORTEST_ID

REVIEW, ANSWER = "review", "answer"
SHORTEST_REVIEW = 4


@dataclass(frozen=True, slots=True)
class Answer:
    author: str
    written_on: str
    text: str


@dataclass(frozen=True, slots=True)
class Review:
    """`as_of` is the date of the look that it is about, '' where the ledger knows no such result.

    `place` says where it stands: an entry of the ledger, or a document.
    """

    study: str
    result_id: str
    as_of: str
    kind: ReviewKind
    author: str
    written_on: str
    text: str
    place: str
    answers: tuple[Answer, ...] = ()

    @property
    def id(self) -> str:
        """Of what is said, by whom, of what: the same whether it was written by command or by file."""
        said = (self.study, self.result_id[:SHORTEST_ID], self.kind, self.author, self.text)
        return digest("review/1", *said)[:12]

    @property
    def open(self) -> bool:
        """Whether it waits for an answer; a comment asks for none."""
        return self.kind != "comment" and not self.answers

    @property
    def state(self) -> str:
        return "open" if self.open else "answered" if self.answers else "noted"

    def as_plain(self) -> dict[str, Any]:
        return {"id": self.id, "state": self.state, **asdict(self)}


def reviews_of(home: Path, documents: Iterable[ReviewDocument], study: str | None = None) -> tuple[Review, ...]:
    """All of them, or those of one study, in order of time; what was said twice stands once, with every answer."""
    ledger, written = Ledger(home), tuple(documents)
    looks = _looks(ledger) if written else {}
    told = map(_said_in, ledger.of_events(REVIEW, ANSWER))
    found: dict[str, Review] = {}
    for review in (*told, *(_written(document, looks) for document in written)):
        known = found.get(review.id, review)
        found[review.id] = replace(known, answers=_once((*known.answers, *review.answers)))
    wanted = (review for review in found.values() if study in (None, review.study))
    return tuple(sorted(wanted, key=lambda review: (review.written_on, review.id)))


def open_challenges(reviews: Iterable[Review]) -> tuple[Review, ...]:
    return tuple(review for review in reviews if review.kind == "challenge" and review.open)


def find_review(reviews: Iterable[Review], reference: str) -> Review:
    """The review of this id or its beginning; raises `InputError` where there is none, or more than one."""
    listed = tuple(reviews)
    found = [one for one in listed if len(reference) >= SHORTEST_REVIEW and one.id.startswith(reference)]
    if len(found) == 1:
        return found[0]
    told, shown = ("several reviews", found) if found else ("no review", [one for one in listed if one.open])
    known = ", ".join(f"{one.id} ({one.kind} on {one.study})" for one in shown) or "none is open"
    raise InputError(f"'{reference[:60]}' is the id of {told}: {known}; `impact review list` shows all")


def _once(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    first = {(answer.author, answer.text): answer for answer in reversed(tuple(answers))}
    return tuple(sorted(first.values(), key=lambda answer: (answer.written_on, answer.author)))


def _said_in(entry: Entry) -> Review:
    """Of an answer, the review that it is about as it was then, with this answer: a file may be gone by now."""
    told = entry.payload
    if entry.event == REVIEW:
        about = {name: told[name] for name in ("study", "result_id", "as_of", "kind", "text")}
        return Review(**about, author=entry.actor, written_on=entry.day, place=f"entry {entry.seq} of the ledger")
    return Review(**told["about"], answers=(Answer(entry.actor, entry.day, told["text"]),))


def _written(document: ReviewDocument, looks: Mapping[str, Mapping[str, str]]) -> Review:
    known = looks.get(document.study, {})
    result = next((found for found in known if found.startswith(document.result)), document.result)
    answers = tuple(Answer(one.author, one.written_on.isoformat(), one.text) for one in document.answers)
    return Review(
        document.study, result, known.get(result, ""), document.kind, document.author, document.written_on.isoformat(),
        document.text, f"reviews/{document.name}", answers,
    )  # fmt: skip


def _looks(ledger: Ledger) -> Mapping[str, Mapping[str, str]]:
    """Study -> result -> date of its look, by the verdicts that were recorded."""
    found: dict[str, dict[str, str]] = {}
    for study, result, as_of in _verdicts(ledger):
        found.setdefault(study, {})[result] = as_of
    return found


def _verdicts(ledger: Ledger) -> Iterator[tuple[str, str, str]]:
    for entry in ledger.of_events("verdict"):
        yield str(entry.study), entry.payload["result_id"], entry.payload["as_of"]
