"""Sentences, word for word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from impact_pipeline.decisions.base import Decision
from impact_pipeline.estimators.base import Estimate, Interval, NotEstimable, Reason
from impact_pipeline.kpis.base import NoImpact
from impact_pipeline.reports import narrative
from impact_pipeline_tests.reports.examples import CONTRAST, estimate, look, scorecard, with_results


@pytest.mark.parametrize(
    ("decision", "headline"),
    [
        (Decision.SHIP, "Ship: orders per user rose by 10.2 % (95 % interval 7.1 % to 13.3 %)"),
        (Decision.INCONCLUSIVE, "Inconclusive: orders per user rose by 10.2 % (95 % interval 7.1 % to 13.3 %)"),
        (Decision.HOLD, "Hold: bounce rate is worse than its margin allows"),
        (Decision.ROLLBACK, "Rollback: bounce rate is worse than its margin allows"),
        (Decision.INVALID, "Invalid: bounce rate is worse than its margin allows"),
    ],
)
def test_headline_gives_the_effect_or_the_first_reason(decision: Decision, headline: str) -> None:
    card = scorecard(decision=decision, reasons=("Bounce rate is worse than its margin allows.", "And more."))
    assert narrative.headline(look(card)) == headline


def test_headline_without_a_key_effect_gives_the_first_reason() -> None:
    card = with_results(scorecard(decision=Decision.INCONCLUSIVE, reasons=("No window has closed.",)))
    assert narrative.headline(look(card)) == "Inconclusive: no window has closed"


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (
            estimate("orders_per_user@1", (1.2, 1.3224), (0.0852, 0.1596)),
            "Orders per user rose by 10.2 % (95 % interval 7.1 % to 13.3 %), which is better.",
        ),
        (
            estimate("orders_per_user@1", (1.2, 1.0776), (-0.1596, -0.0852)),
            "Orders per user fell by 10.2 % (95 % interval 7.1 % to 13.3 %), which is worse.",
        ),
        (
            estimate("bounce_rate@1", (0.25, 0.23), (-0.03, -0.01)),
            "Bounce rate fell by 8.0 % (95 % interval 4.0 % to 12.0 %), which is better.",
        ),
        (
            estimate("bounce_rate@1", (0.25, 0.252), (-0.004, 0.008)),
            "Bounce rate did not clearly change: +0.8 % (95 % interval \u22121.6 % to +3.2 %).",
        ),
        (
            replace(estimate("bounce_rate@1", (0.25, 0.27), (0.008, 0.032)), relative=None),
            "Bounce rate rose by 2.0 percentage points (95 % interval 0.8 to 3.2 percentage points), which is worse.",
        ),
        (
            replace(estimate("revenue_per_order@1", (40, 41), (0.5, 1.5)), relative=None),
            "Revenue per order rose by 1.00 EUR (95 % interval 0.50 to 1.50 EUR), which is better.",
        ),
        (
            estimate("forgotten@3", (1, 1.1), (0.05, 0.15)),
            "Forgotten rose by 10.0 % (95 % interval 5.0 % to 15.0 %).",
        ),
    ],
)
def test_sentence_states_direction_size_and_interval(result: Estimate, sentence: str) -> None:
    assert narrative.sentence(look(), result) == sentence


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words(reason: Reason) -> None:
    refused = NotEstimable("orders_per_user@1", CONTRAST, ("", ""), "welch", reason, "", {})
    cannot = "is not told" if reason is Reason.WITHHELD else "cannot be estimated"
    assert narrative.sentence(look(), refused) == f"Orders per user {cannot}: {narrative.REASONS[reason]}."


def test_refusal_keeps_the_detail() -> None:
    refused = NotEstimable("x", CONTRAST, ("", ""), "welch", Reason.EMPTY_ARM, "arm 'treatment' has 0 units.", {})
    assert narrative.refusal(refused) == "an arm has no units to compare (arm 'treatment' has 0 units)"


def test_impact_sentence_says_what_the_amount_is_made_of() -> None:
    assert narrative.impact_sentence(scorecard().impacts[0], "user") == (
        "Treating every user for 365 days would bring 144,000 EUR (95 % interval 100,000 to 187,000 EUR), "
        "at 714 users a day and 4.50 EUR for each unit of the effect."
    )


def test_impact_sentence_says_why_there_is_no_amount() -> None:
    missing = NoImpact("ranker_v2", "the study is invalid.")
    assert narrative.impact_sentence(missing, "user") == "No amount of money: the study is invalid."


def test_interim_look_names_the_planned_look() -> None:
    card = scorecard()
    unfinished = replace(card, verdict=replace(card.verdict, final=False))
    assert narrative.interim(look(unfinished)) == "Interim look: the planned look is on 2026-03-20."
    assert narrative.interim(look()) == "Final look: every window has closed."


def test_displayed_interval_is_the_relative_one_where_there_is_one() -> None:
    result = estimate("orders_per_user@1", (2.0, 3.0), (0.5, 1.5))
    assert narrative.displayed_interval(result) == Interval(0.25, 0.75, 0.95)
    assert narrative.displayed_interval(replace(result, relative=None)) == Interval(0.5, 1.5, 0.95)
