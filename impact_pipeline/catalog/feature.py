"""Feature views: what was known about a unit before an instant. Used as covariates and as segments.

The value of partition D is computed from rows of the `lookback_days` days before D and of no later instant: for a
unit exposed on D nothing of D itself is in it. A learnt feature, a prediction, rests on other features of D and on what
had become of units by D.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from impact_pipeline.catalog.document import ChangeLog, Document, Expression, Model, Name, Text
from impact_pipeline.catalog.metrics.base import Total


class Remediation(Model):
    """What is done to raw values before they become a feature; recorded with the provenance."""

    missing: int = 0
    lower: float | None = None
    upper: float | None = None
    notes: Text | None = None


class _Feature(Document):
    version: Annotated[int, Field(ge=1)]
    entity: Name
    as_of: Literal["day_start"] = "day_start"
    remediation: Remediation = Remediation()
    change_log: ChangeLog = ()


class _FeatureOfRows(_Feature):
    dataset: Name
    event_at: Name
    expression: Expression
    filter: Expression | None = None
    lookback_days: Annotated[int, Field(ge=1, le=730)]


class SumFeature(_FeatureOfRows):
    """The total of `expression` over the lookback, as an integer at `scale`; a unit without rows has `missing`."""

    type: Literal["sum"]
    scale: Annotated[int, Field(ge=0, le=9)] = 0
    unit: Text


class LatestFeature(_FeatureOfRows):
    """The value of `expression` in the newest row of the lookback; a unit without rows has no value ('unknown')."""

    type: Literal["latest"]


class LearntFeature(_Feature):
    """What a model expects of a unit's total of `target` over the next `horizon_days`, as an integer at `scale`.

    The model of day D is trained on `inputs` as they were `horizon_days` before D and on the totals since, of at most
    `training_units` units, chosen by a hash. Units are in `folds` by their key: no unit's own total makes its
    prediction. Predictions are held within the remediation's bounds; a unit that no input knows has `missing`.
    """

    type: Literal["learnt"]
    inputs: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
    target: Total
    horizon_days: Annotated[int, Field(ge=1, le=180)] = 14
    model: Literal["ridge", "boosted_stumps"] = "boosted_stumps"
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    training_units: Annotated[int, Field(ge=100, le=200_000)] = 20_000
    scale: Annotated[int, Field(ge=0, le=9)] = 3
    unit: Text

    @field_validator("inputs")
    @classmethod
    def _inputs_are_distinct(cls, inputs: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(inputs)) != len(inputs):
            raise ValueError("an input stands twice; keep one")
        return inputs


FeatureOfRows = SumFeature | LatestFeature
NumberFeature = SumFeature | LearntFeature
"""Features that can be covariates."""

FeatureDocument = Annotated[SumFeature | LatestFeature | LearntFeature, Field(discriminator="type")]
