"""Feature views: what was known about a unit before an instant. Used as covariates and as segments.

The value of partition D is computed from rows of the `lookback_days` days before D and of no later instant: for a
unit exposed on D nothing of D itself is in it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from impact_pipeline.catalog.document import Document, Expression, Model, Name, Text


class Remediation(Model):
    """What is done to raw values before they become a feature; recorded with the provenance."""

    missing: int = 0
    lower: float | None = None
    upper: float | None = None
    notes: Text | None = None


class _Feature(Document):
    version: Annotated[int, Field(ge=1)]
    dataset: Name
    entity: Name
    event_at: Name
    expression: Expression
    filter: Expression | None = None
    lookback_days: Annotated[int, Field(ge=1, le=730)]
    as_of: Literal["day_start"] = "day_start"
    remediation: Remediation = Remediation()


class SumFeature(_Feature):
    """The total of `expression` over the lookback, as an integer at `scale`; a unit without rows has `missing`."""

    type: Literal["sum"]
    scale: Annotated[int, Field(ge=0, le=9)] = 0
    unit: Text


class LatestFeature(_Feature):
    """The value of `expression` in the newest row of the lookback; a unit without rows has no value ('unknown')."""

    type: Literal["latest"]


FeatureDocument = Annotated[SumFeature | LatestFeature, Field(discriminator="type")]
