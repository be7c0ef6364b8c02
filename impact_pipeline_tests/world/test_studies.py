from __future__ import annotations

import pytest

from impact_pipeline.world.studies import LEVERS, STUDIES, Fade, PlantedStudy


def test_a_fading_effect_is_whole_then_falls_in_equal_steps_to_nothing() -> None:
    fade = Fade(full_days=3, gone_day=7)
    assert [fade.factor(day) for day in range(9)] == pytest.approx([1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0, 0])


def test_an_effect_without_a_fade_stays() -> None:
    study = PlantedStudy("some", "ship", {"orders": 0.1})
    assert [study.effect("orders", day) for day in (0, 30)] == [0.1, 0.1]
    assert study.effect("tickets", 0) == 0.0


def test_chances_stay_below_one_whatever_studies_a_user_is_in() -> None:
    largest = {"orders": 0.38 * 1.15, "tickets": 0.3, "hits": 0.6, "amount": 0.0}
    for study in STUDIES:
        for lever in LEVERS:
            largest[lever] *= 1 + study.effects.get(lever, 0.0)
    assert max(largest.values()) < 1


def test_every_planted_case_of_the_portfolio_is_there() -> None:
    assert {study.name: study.expected for study in STUDIES} == {
        "ranker_v7": "ship",
        "search_aa": "inconclusive",
        "checkout_srm": "invalid",
        "pricing_harm": "rollback",
        "reco_ramp": "ship",
        "homepage_novelty": "inconclusive",
        "fraud_ratio": "ship",
    }
