"""One (or few) treated units against a weighted average of untreated ones."""

from __future__ import annotations

from typing import Literal

from impact_pipeline.catalog.document import Model


class SyntheticControl(Model):
    """One (or few) treated units against a weighted average of untreated ones."""

    type: Literal["synthetic_control"]
