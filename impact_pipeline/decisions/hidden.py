"""Which fields of a stored scorecard readers are not given: those that differ from what is told of it."""

from __future__ import annotations

from collections.abc import Collection

from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.governance.fields import FieldChange, changed_fields
from impact_pipeline.lake.results import as_plain

WITHHELD = "withheld"


def hidden_places(card: Scorecard, told: Scorecard) -> frozenset[str]:
    """Places of what is withheld or told otherwise."""
    return frozenset(change.place for change in changed_fields(as_plain(card), as_plain(told)))


def is_hidden(change: FieldChange, hidden: Collection[str]) -> bool:
    """Whether the field is one of them, or holds or lies in one."""
    return any(change.place.startswith(place) or place.startswith(change.place) for place in hidden)
