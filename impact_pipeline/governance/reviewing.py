"""What one person says of a result, or answers: each is one entry of the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.review import ReviewKind, plain_text
from impact_pipeline.errors import InputError
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.reviews import ANSWER, REVIEW, Answer, Review
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import SCORECARD
from impact_pipeline.lake.stored import find_result


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A home's results, as one person speaks of them at one time."""

    home: Path
    actor: str
    now: datetime

    def say(self, kind: ReviewKind, reference: str, text: str) -> Review:
        """Of the result that `reference` names now; the entry names it by its id, and is written once."""
        stored = find_result(Lake(self.home), SCORECARD, reference)
        told = {
            "study": stored.study, "result_id": stored.plain()["provenance"]["result_id"],
            "as_of": stored.as_of.isoformat(), "kind": kind, "text": _checked("--text", text),
        }  # fmt: skip
        author = _checked("--actor", self.actor)
        event_id = digest("review", author, told)
        entry = Ledger(self.home).append(REVIEW, told, actor=author, now=self.now, event_id=event_id)
        return Review(**told, author=author, written_on=entry.day, place=f"entry {entry.seq} of the ledger")

    def answer(self, review: Review, text: str) -> Answer:
        """The entry holds what it answers, which a file may cease to say."""
        about = {name: value for name, value in asdict(review).items() if name != "answers"}
        said, author = _checked("--text", text), _checked("--actor", self.actor)
        told = {"study": review.study, "review": review.id, "about": about, "text": said}
        event_id = digest("answer", author, review.id, said)
        entry = Ledger(self.home).append(ANSWER, told, actor=author, now=self.now, event_id=event_id)
        return Answer(author, entry.day, said)


def _checked(option: str, text: str) -> str:
    try:
        return plain_text(text)
    except ValueError as fault:
        raise InputError(f"{option} {fault}") from None
