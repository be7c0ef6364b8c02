"""Every reason why a study has no number is reached from cells, and told in a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import numpy as np
import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.estimators.base import NotEstimable, Reason
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.stats.refusal import RefusalReason
from impact_pipeline_tests.small_studies import (
    START,
    TWO_ARMS,
    Group,
    cells,
    exposed,
    mean_metric,
    moments,
    quantile_metric,
    ratio_metric,
    study,
    units_by_value,
)


def group(arm: str, *y: int, undefined: int = 0) -> Group:
    return Group(arm, {"orders": moments(y)}, undefined=undefined)


BOTH = (group("control", 1, 2, 3), group("treatment", 3, 5, 7))
NEXT = START + timedelta(days=1)
BY_STORE = {"type": "cluster_randomized", "arms": TWO_ARMS["arms"], "control": "control", "cluster": "store"}
FIFTY, BY_VALUE = units_by_value(1000 + 37 * np.arange(50), 3)
FEW = Group("control", {"orders": FIFTY}, buckets={"orders": BY_VALUE})
NOTHING_SPENT = {"type": "group_sequential", "planned_units": 10**9, "on": [NEXT]}
RATIO = ratio_metric("orders")
REFUSED: dict[Reason, tuple[Study, Cells, str]] = {
    Reason.TOO_FEW_UNITS: (
        study(mean_metric(), decision={"min_units_per_arm": 4}), cells(*BOTH),
        "'control' has 3 units; the plan asks for 4 in each arm",
    ),
    Reason.EMPTY_ARM: (study(mean_metric()), cells(BOTH[1]), "no unit was exposed to 'control'"),
    Reason.ZERO_VARIANCE: (
        study(mean_metric()), cells(group("control", 1, 1), group("treatment", 3, 3)),
        "no unit differs from another within its arm; a difference has no uncertainty",
    ),
    Reason.DENOMINATOR_NEAR_ZERO: (
        study(RATIO), cells(*(Group(arm, {"orders": moments([1, 2], [0, 9])}) for arm in ("control", "treatment"))),
        "the mean denominator of 'control' has a standard error of 100 % of it; a ratio needs one above 0 with a "
        "standard error up to 10 % of it",
    ),
    Reason.QUANTILE_BEYOND_DATA: (
        study(quantile_metric("orders", quantile=0.99)),
        cells(FEW, replace(FEW, arm="treatment")),
        "'control': 50 units are too few for the quantile at 0.99: its interval at level 0.95 needs values at shares "
        "of 0.9621 and 1.0179",
    ),
    Reason.WINDOW_NOT_CLOSED: (
        study(mean_metric(days=2)), cells(exposed("control", 1), exposed("treatment", 1)),
        "the window ends 1 day after exposure; it has closed for none of the 1 unit of 'control'",
    ),
    Reason.MEASURE_UNDEFINED: (
        study(mean_metric()), cells(BOTH[0], group("treatment", 3, 5, undefined=1)),
        "1 row has no finite value of 'orders' (a division by zero, say); filter such rows or mend the measure",
    ),
    Reason.DEFINITION_BROKEN: (
        study(mean_metric(), uses=[{"metric": "refunds", "role": "success"}]), cells(*BOTH),
        "the catalog has no sound metric 'refunds'",
    ),
    Reason.UNBOUNDED_INTERVAL: (
        study(mean_metric(), days=90, looks=NOTHING_SPENT), cells(*BOTH),
        "the plan's looks leave nothing of alpha for this one: next to no units are in yet, or earlier looks spent it",
    ),
    Reason.NO_ESTIMATOR: (
        study(mean_metric(), uses=[{"metric": "orders", "role": "success", "estimator": "cuped"}]), cells(*BOTH),
        "estimator 'cuped' does not take this metric under a randomized design; those that do: difference_in_means",
    ),
    Reason.TOO_FEW_CLUSTERS: (
        study(mean_metric(), design=BY_STORE),
        cells(*BOTH, *(replace(g, segment=(CLUSTER, f"store {i}")) for i, g in enumerate(BOTH))),
        "'control' has 1 cluster; its error needs at least 2",
    ),
    Reason.MIXED_CLUSTERS: (
        study(mean_metric(), design=BY_STORE), cells(*BOTH, *(replace(g, segment=(CLUSTER, "store")) for g in BOTH)),
        "1 cluster holds units of both 'treatment' and 'control'; a cluster has one arm: find out how they were logged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", REFUSED)
def test_every_reason_is_told_in_a_sentence(reason: Reason) -> None:
    found, measured, detail = REFUSED[reason]
    [result] = estimate_study(found, measured, START, final=False, plan_digest="sha256:1").results
    assert isinstance(result, NotEstimable)
    assert (result.reason, result.detail) == (reason, detail)


def test_reasons_that_no_estimator_of_cells_gives_are_those_of_rows() -> None:
    of_rows, of_readers = {Reason(name) for name in get_args(RefusalReason)}, {Reason.BLINDED, Reason.WITHHELD}
    assert set(Reason) - set(REFUSED) - of_readers <= of_rows
    assert Reason.COLLINEAR not in REFUSED
