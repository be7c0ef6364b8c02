"""What of a look may be told to readers, and the words for what is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from impact_pipeline.catalog.disclosure import DisclosurePolicy
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.governance.disclosure import EVERYONE, Group, Telling, Why
from impact_pipeline.outcomes.cells import EXPOSED

OTHER_VALUES = "withheld"
"""The value under which those of a segment that are not told stand together: a rare one is itself what a row says."""


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What is told of one look, by key of a reading; one without an own entry follows the exposed units.

    `points` are (metric, day) of the trajectory; `stands` is the earlier look whose numbers stand where too few joined
    since; `cohorts` are the days on which enough units were exposed.
    """

    entity: str
    policy: DisclosurePolicy
    readings: Mapping[str, Telling]
    other: Mapping[str, Telling] = field(default_factory=dict)
    points: frozenset[tuple[str, date]] = frozenset()
    cohorts: frozenset[date] = frozenset()
    stands: Mapping[str, Scorecard] = field(default_factory=dict)

    def why(self, key: str, group: Group = EVERYONE) -> Why | None:
        return self._telling(self.readings, key).withheld(group)

    def why_other(self, key: str) -> Why | None:
        return self._telling(self.other, key).whole

    def in_words(self, why: Why, key: str = EXPOSED) -> str:
        """`withheld: fewer than 10 users in an arm`."""
        least, unit = self.policy.minimum_group_size, self.entity
        if why == "few_since":
            earlier = self.stands.get(key)
            since = "an earlier look" if earlier is None else f"the look of {earlier.as_of}, whose numbers stand"
            return f"withheld: fewer than {least} {unit}s more or less than at {since}"
        told: dict[Why, str] = {
            "small": f"fewer than {least} {unit}s in an arm",
            "dominated": f"one {unit} may make {100 * self.policy.dominant_share:g} % or more of a total",
            "near": f"fewer than {least} {unit}s more or less than in another group that is told",
            "follows": "another number would follow from it",
        }
        return f"withheld: {told[why]}"

    def of_values(self, values: int) -> str:
        """Why values of a segment stand together without a number."""
        least = self.policy.minimum_group_size
        some = f"groups of fewer than {least} {self.entity}s in an arm, or few more than before, or ruled by one"
        return f"withheld: {values} values, {some}, and those they would follow from"

    def _telling(self, found: Mapping[str, Telling], key: str) -> Telling:
        return found.get(key) or found.get(EXPOSED) or Telling("small")
