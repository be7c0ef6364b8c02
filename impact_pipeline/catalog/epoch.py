"""Key epochs: from which day on the ids of an entity get their pseudonyms under which key."""

from __future__ import annotations

import re
from datetime import date

from pydantic import field_validator

from impact_pipeline.catalog.document import Document, Name, Text

_VARIABLE = re.compile(r"env:[A-Z][A-Z0-9_]{0,62}")


class KeyEpoch(Document):
    """From `first_day` (UTC) until the next epoch of the entity. `key` is `env:NAME`, never the key itself.

    Days before the first declared epoch belong to the one that needs no document, under `IMPACT_PSEUDONYM_KEY`.
    """

    entity: Name
    first_day: date
    key: Text

    @field_validator("key")
    @classmethod
    def _no_secret(cls, key: str) -> str:
        if not _VARIABLE.fullmatch(key):
            raise ValueError("write `env:NAME`: the key is read from that environment variable, never from a document")
        return key

    @property
    def variable(self) -> str:
        """The environment variable that holds the key."""
        return self.key.removeprefix("env:")
