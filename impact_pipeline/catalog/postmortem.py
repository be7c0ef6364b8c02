"""Postmortems as documents: what only people know of a study, beside what its record tells."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from impact_pipeline.catalog.document import Model, Name, Owner
from impact_pipeline.catalog.review import Said

Sentences = Annotated[tuple[Said, ...], Field(max_length=50)]


class Lesson(Model):
    """What to do otherwise next time, in a sentence that is understood without its study."""

    text: Said
    tags: Annotated[tuple[Name, ...], Field(max_length=20)] = ()


class Postmortem(Model):
    """`name` is the study's. Whatever is left empty is shown as an empty place."""

    name: Name
    owner: Owner
    surprises: Sentences = ()
    root_causes: Sentences = ()
    lessons: Annotated[tuple[Lesson, ...], Field(max_length=50)] = ()
    actions: Sentences = ()


def empty_postmortem(study: str, owner: str) -> str:
    """The text of a document that people complete."""
    return "\n".join(
        [
            "# yaml-language-server: $schema=../schemas/postmortem.json",
            f"# What only people know of this study; `impact postmortem {study}` puts it beside what its record tells.",
            f"name: {study}",
            f"owner: {owner}",
            "surprises: []    # what nobody expected, one sentence an item",
            "root_causes: []  # why it went as it did",
            "lessons: []      # - {text: Stop a ramp before a holiday., tags: [ramp, holidays]}",
            "actions: []      # who does what, and by when",
            "",
        ]
    )
