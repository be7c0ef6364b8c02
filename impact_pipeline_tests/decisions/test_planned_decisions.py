"""The rule that plans are calculated with decides as the verdict does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.decisions.base import Decision
from impact_pipeline.decisions.verdict import decide
from impact_pipeline.estimators.base import Contrast, Estimate, Interval, NonInferiority
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.stats.decision_plan import DecisionPlan, GuardrailTest, SuccessTest
from impact_pipeline.stats.decision_rule import Statistics, ruled
from impact_pipeline_tests.small_studies import START, mean_metric, study

SUCCESS, GUARDRAILS, ARMS = ("orders", "visits"), ("latency", "tickets"), ("new", "newer")
MARGIN = 2.5
PLANNED = START + timedelta(days=30)


def registered(correction: str) -> Study:
    """Two treatment arms; of the guardrails lower is better, with standard errors of 1."""
    metrics = [*(mean_metric(name) for name in SUCCESS), *(mean_metric(name, better="lower") for name in GUARDRAILS)]
    uses: list[dict[str, Any]] = [
        *({"metric": name, "role": "success"} for name in SUCCESS),
        *({"metric": name, "role": "guardrail", "margin": {"absolute": MARGIN}} for name in GUARDRAILS),
    ]
    design = {"type": "randomized", "arms": {"control": 0.4, "new": 0.3, "newer": 0.3}, "control": "control"}
    return study(*metrics, uses=uses, design=design, decision={"correction": correction, "min_units_per_arm": 2})


def estimates(better: NDArray[np.float64]) -> Iterator[Estimate]:
    """Of one study, from its statistics by arm and metric, above 0 where the treatment is better."""
    for arm, row in zip(ARMS, better, strict=True):
        for name, z in zip((*SUCCESS, *GUARDRAILS), row, strict=True):
            value = -z if name in GUARDRAILS else z
            margin = NonInferiority(MARGIN, False, float(stats.norm.sf(z + MARGIN)), None, 0.95)
            yield Estimate(
                name, Contrast(arm, "control"), ("", ""), "difference_in_means", "ATE", value, 1.0,
                Interval(value - 1.96, value + 1.96, 0.95), float(2 * stats.norm.sf(abs(z))), 1e6, {},
                {"control": 400, arm: 300}, None, non_inferiority=margin if name in GUARDRAILS else None,
            )  # fmt: skip


@pytest.mark.parametrize("correction", ["holm", "benjamini_hochberg"])
def test_a_planned_rule_decides_as_the_verdict(correction: str) -> None:
    drawn = np.random.default_rng(6).normal(0.7, 2.0, (300, len(ARMS), 4))
    plan = DecisionPlan(
        tuple(SuccessTest(name, 1.0, 1.0) for name in SUCCESS),
        tuple(GuardrailTest(name, MARGIN, 1.0) for name in GUARDRAILS),
        correction=correction,  # type: ignore[arg-type]
        treatments=len(ARMS),
    )
    ships, rolls_back = ruled(plan, Statistics(drawn[..., :2], drawn[..., 2:], drawn[..., 2:] + MARGIN))
    found, verdicts = registered(correction), []
    for row in drawn:
        look = StudyEstimates(found.name, "", PLANNED, True, tuple(estimates(row)), ())
        verdicts.append(decide(found, look, (), PLANNED).decision)
    assert [verdict is Decision.SHIP for verdict in verdicts] == ships.tolist()
    assert [verdict is Decision.ROLLBACK for verdict in verdicts] == rolls_back.tolist()
    assert 30 < ships.sum() < 270
    assert 30 < rolls_back.sum() < 270
