"""Reviews as readers see them: on a study's page, in a terminal, and what stands open in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from impact_pipeline.governance.reviews import Review, open_challenges
from impact_pipeline.reports.formatting import visible
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.markdown import escaped


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """`about` says which result it is about: the one that is shown, or one before it."""

    review: Review
    about: str

    @property
    def unanswered_challenge(self) -> bool:
        return bool(open_challenges([self.review]))


def review_rows(look: Look) -> tuple[ReviewRow, ...]:
    """Of all the study's results, in order of time; what was said of an older look keeps its place."""
    return tuple(ReviewRow(review, _about(look, review)) for review in look.reviews)


def lines(reviews: Iterable[Review]) -> Iterator[str]:
    """For a terminal: one line a review, and one an answer."""
    for one in reviews:
        place = f"{one.study}@{one.as_of or one.result_id[:12]}"
        yield visible(f"{one.id}  {one.kind}  {one.state}  {place}  {one.written_on}  {one.author}: {one.text}")
        yield from (f"    {visible(f'{given.written_on}  {given.author}: {given.text}')}" for given in one.answers)


def challenges_in_markdown(reviews: Sequence[Review]) -> str | None:
    """What is challenged and not answered; None where nothing is."""
    told = [
        f"- {escaped(f'{one.study}, look of {one.as_of or one.result_id[:12]}, {one.author}: {one.text}')}"
        for one in open_challenges(reviews)
    ]
    return "\n".join(["Open challenges:", "", *told, ""]) if told else None


def _about(look: Look, review: Review) -> str:
    shown = look.card.provenance.result_id
    if shown.startswith(review.result_id):
        return "this result"
    on = f"the result of {review.as_of}" if review.as_of else "a result that is not in the ledger"
    return f"{on}, {review.result_id[:16]}"
