"""The two regressions on instruments that every estimate is made from: the first stage and the reduced form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats.instruments.instrumented import Instrumented
from impact_pipeline.stats.least_squares import summed

Stage = Literal["first stage", "reduced form"]


@dataclass(frozen=True, slots=True)
class Slope:
    """What one more unit of an instrument does, the other instruments and the covariates held."""

    instrument: str
    value: float
    std_error: float
    degrees_of_freedom: float


def slopes(rows: Instrumented, stage: Stage) -> tuple[Slope, ...]:
    """Coefficients of the instruments in the regression of the treatment (`first stage`) or the outcome.

    >>> from impact_pipeline.stats.instruments.instrumented import instrumented
    >>> z = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    >>> rows = instrumented(np.array([1.0, 2.0, 3.0, 3.0, 5.0, 4.0]), np.array([0.0, 1, 0, 1, 1, 1]), {"z": z}, {})
    >>> [round(slopes(rows, stage)[0].value, 3) for stage in ("first stage", "reduced form")]
    [0.667, 2.0]
    """
    pull = rows.pulls[1 if stage == "first stage" else 0]
    residuals = rows.first_stage_residuals if stage == "first stage" else rows.reduced_form_residuals
    values = summed("qk,q->k", rows.inverse_root, pull)
    inner = rows.meat(rows.basis, residuals, rows.instruments)
    spread = summed("qk,qr,rk->k", rows.inverse_root, inner, rows.inverse_root)
    freedom = rows.spread(rows.instruments)
    return tuple(
        Slope(name, float(value), float(variance) ** 0.5, freedom)
        for name, value, variance in zip(rows.names, values, np.maximum(spread, 0.0), strict=True)
    )
