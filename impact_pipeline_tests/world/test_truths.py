from __future__ import annotations

import pytest

from impact_pipeline.errors import InputError
from impact_pipeline.world.truths import READINGS, planted, truth, truths


@pytest.mark.parametrize(
    ("study", "metric", "relative"),
    [
        ("ranker_v7", "orders_per_user", 0.12),
        ("ranker_v7", "revenue_per_user", 0.12),
        ("ranker_v7", "tickets_per_user", 0.0),
        ("ranker_v7", "sessions_per_user", 0.0),
        ("pricing_harm", "revenue_per_user", 0.08),
        ("pricing_harm", "tickets_per_user", 0.60),
        ("reco_ramp", "orders_per_session", 0.15),
        ("homepage_novelty", "orders_days_0_to_2", 0.25),
        ("homepage_novelty", "orders_days_7_to_9", 0.0),
        ("fraud_ratio", "alert_precision", 0.15),
    ],
)
def test_a_metric_moves_by_the_levers_it_reads(study: str, metric: str, relative: float) -> None:
    found = truth(study, metric)
    assert found is not None
    assert found.relative == pytest.approx(relative, abs=1e-12)


@pytest.mark.parametrize(
    ("study", "metric"),
    [
        ("homepage_novelty", "orders_per_user"),
        ("checkout_srm", "orders_per_user"),
        ("ranker_v7", "buyer_share"),
    ],
)
def test_no_truth_is_registered_where_it_is_not_exact(study: str, metric: str) -> None:
    assert truth(study, metric) is None


def test_an_a_a_study_moves_nothing() -> None:
    assert {item.relative for item in truths() if item.study == "search_aa"} == {0.0}
    assert len([item for item in truths() if item.study == "search_aa"]) == len(READINGS)


def test_an_unknown_study_is_named_with_those_that_are_planted() -> None:
    with pytest.raises(InputError, match=r"^world: no study 'nope' is planted; planted are ranker_v7, search_aa, "):
        planted("nope")
