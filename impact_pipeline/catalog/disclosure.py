"""How small a group of units may be told: `disclosure.yaml` beside the folders of the catalog, or these defaults."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from impact_pipeline.catalog.document import Model

POLICY_FILE = "disclosure.yaml"


class DisclosurePolicy(Model):
    """A published group has at least `minimum_group_size` units in each arm; 1 tells every group.

    No unit may account for `dominant_share` of a published sum, or more.
    """

    minimum_group_size: Annotated[int, Field(ge=1)] = 10
    dominant_share: Annotated[float, Field(gt=0, le=1)] = 0.8

    @property
    def tells_all(self) -> bool:
        return self.minimum_group_size == 1


DEFAULT = DisclosurePolicy()

CLOSED = DisclosurePolicy(minimum_group_size=2**62)
"""While the policy has a fault nothing is told: a misspelt threshold must not open what it should close."""
