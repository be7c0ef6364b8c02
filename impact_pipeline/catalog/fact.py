"""Facts: measurable event datasets. A measure is a numeric expression over one row, kept as a scaled integer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from impact_pipeline.catalog.document import ChangeLog, Document, Expression, Model, Name, Text


class Measure(Model):
    """`round(expression * 10**scale)` is the integer the pipeline adds up; `scale: 2` keeps cents exactly."""

    expression: Expression
    unit: Text
    scale: Annotated[int, Field(ge=0, le=9)] = 0
    description: Text | None = None


class Fact(Document):
    """`fold: unit_days` stores one row per unit and day, shared by all studies; `direct` reads trusted rows.

    Folding pays when a unit has well above one event a day. `version` is raised when its rows or measures mean another
    thing.
    """

    version: Annotated[int, Field(ge=1, exclude_if=lambda version: version == 1)] = 1
    change_log: ChangeLog = ()
    dataset: Name
    entity: Name
    event_at: Name
    fold: Literal["unit_days", "direct"] = "direct"
    measures: Annotated[dict[Name, Measure], Field(min_length=1)]
