"""Units just above a cut-off of a score against those just below."""

from __future__ import annotations

from typing import Literal

from impact_pipeline.catalog.document import Model


class RegressionDiscontinuity(Model):
    """Units just above a cut-off of a score against those just below."""

    type: Literal["regression_discontinuity"]
