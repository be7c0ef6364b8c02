"""The same units read by tea-tasting, an independent implementation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import tea_tasting

from impact_pipeline_tests.small_studies import Array


def analysed(arms: Mapping[str, Mapping[str, Array]], metric: Any) -> Any:
    """Its result for one metric: arm -> column -> value by unit; the control arm is named 'control'."""
    frames = [pd.DataFrame({name: column.astype(float) for name, column in units.items()}) for units in arms.values()]
    rows = pd.concat([frame.assign(arm=arm) for arm, frame in zip(arms, frames, strict=True)])
    return tea_tasting.Experiment(m=metric, variant="arm").analyze(rows, control="control")["m"]


def mean(value: str, covariate: str | None = None) -> Any:
    return tea_tasting.Mean(value, covariate)


def ratio(numerator: str, denominator: str) -> Any:
    return tea_tasting.RatioOfMeans(numerator, denominator)
