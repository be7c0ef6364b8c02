"""Machine-learning models whose changes are studied."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from impact_pipeline.catalog.document import Document, Model, Text


class ModelVersion(Model):
    version: Text
    released_on: date | None = None
    notes: Text


class MlModel(Document):
    """A model and the versions that were or are live."""

    product_area: Text
    versions: Annotated[tuple[ModelVersion, ...], Field(min_length=1)]

    @property
    def change_log(self) -> tuple[str, ...]:
        """A line a version."""
        return tuple(f"{one.version}: {one.notes}" for one in self.versions)
