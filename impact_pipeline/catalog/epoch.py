"""Key epochs: from which day on the ids of an entity get their pseudonyms under which key."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import StringConstraints

from impact_pipeline.catalog.document import Document, Name

KeyVariable = Annotated[str, StringConstraints(pattern=r"^env:[A-Z][A-Z0-9_]{0,62}$")]


class KeyEpoch(Document):
    """From `first_day` (UTC) until the next epoch of the entity. `key` is `env:NAME`, never the key itself.

    Days before the first declared epoch belong to the one that needs no document, under `IMPACT_PSEUDONYM_KEY`.
    """

    entity: Name
    first_day: date
    key: KeyVariable

    @property
    def variable(self) -> str:
        """The environment variable that holds the key."""
        return self.key.removeprefix("env:")
