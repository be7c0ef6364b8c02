"""A plan with a success metric, a guardrail and an exploratory metric, and its past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.planning.history import History
from impact_pipeline_tests.planning.pasts import Units, history_of, past_cells
from impact_pipeline_tests.small_studies import mean_metric, ratio_metric, study

EXPECTED: Mapping[str, Any] = {"relative": 0.12}
MARGIN: Mapping[str, Any] = {"relative": 0.15}
DAILY = (200,) * 7


def shop_study(expected: Mapping[str, Any] | None = EXPECTED, margin: Mapping[str, Any] = MARGIN, **plan: Any) -> Study:
    metrics = [mean_metric("orders"), mean_metric("tickets", better="lower"), ratio_metric("clicks")]
    uses: list[Mapping[str, Any]] = [
        {"metric": "orders", "role": "success", **({} if expected is None else {"expected": expected})},
        {"metric": "tickets", "role": "guardrail", "margin": margin},
        {"metric": "clicks", "role": "exploratory"},
    ]
    return study(*metrics, uses=uses, **{"days": 7, **plan})


def shop_past(seed: int = 1, units: int = 4_000) -> dict[str, Units]:
    """Orders with mean 4 and variance 4, tickets with mean 9 and variance 9, clicks of views."""
    rng = np.random.default_rng(seed)
    views = 1 + rng.poisson(5, units)
    return {
        "orders": Units(rng.poisson(4, units)),
        "tickets": Units(rng.poisson(9, units)),
        "clicks": Units(rng.binomial(views, 0.2), views),
    }


def shop_history(study: Study, arrivals: Sequence[int] = DAILY) -> History:
    return history_of(study, past_cells(shop_past()), arrivals)
