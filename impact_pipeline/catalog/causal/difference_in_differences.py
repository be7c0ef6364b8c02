"""Treated and untreated units before and after: all treated ones start together."""

from __future__ import annotations

from typing import Literal

from impact_pipeline.catalog.document import Model


class DifferenceInDifferences(Model):
    """Treated and untreated units before and after: all treated ones start together."""

    type: Literal["difference_in_differences"]
