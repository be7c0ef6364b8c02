"""One series against what its own past and control series foretold."""

from __future__ import annotations

from typing import Literal

from impact_pipeline.catalog.document import Model


class StructuralTimeSeries(Model):
    """One series against what its own past and control series foretold."""

    type: Literal["structural_time_series"]
