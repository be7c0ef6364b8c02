"""One series, its level and trend before and after."""

from __future__ import annotations

from typing import Literal

from impact_pipeline.catalog.document import Model


class InterruptedTimeSeries(Model):
    """One series, its level and trend before and after."""

    type: Literal["interrupted_time_series"]
