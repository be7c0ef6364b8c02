"""Reviews as documents: what people say of a result, changed and agreed on like any other file of the catalog."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from impact_pipeline.catalog.document import Model, Name

ReviewKind = Literal["comment", "challenge", "request"]
LONGEST = 4000


def plain_text(text: str) -> str:
    """Without spaces at its ends; raises `ValueError` at a character that is no text, line ends apart.

    >>> plain_text("  Was the ramp stopped?  ")
    'Was the ramp stopped?'
    """
    odd = next((c for c in text.strip() if c != "\n" and unicodedata.category(c).startswith("C")), None)
    if odd is not None:
        raise ValueError(f"holds U+{ord(odd):04X}, a control or format character; write it without")
    if not 0 < len(text.strip()) <= LONGEST:
        raise ValueError(f"has {len(text.strip()):,} characters; write 1 to {LONGEST:,}")
    return text.strip()


Said = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(plain_text)]
Author = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(plain_text)]
ResultId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8,64}$")]


class ReviewAnswer(Model):
    author: Author
    written_on: date
    text: Said


class ReviewDocument(Model):
    """A comment on a result, a challenge of it, or a request for further analysis, with its answers.

    `result` is the result's id or its beginning, as its page shows it: a later look is another result.
    """

    name: Name
    study: Name
    result: ResultId
    kind: ReviewKind
    author: Author
    written_on: date
    text: Said
    answers: Annotated[tuple[ReviewAnswer, ...], Field(max_length=50)] = ()
