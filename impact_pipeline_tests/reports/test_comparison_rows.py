from __future__ import annotations

from dataclasses import replace

from impact_pipeline.estimators.base import Contrast, Interval
from impact_pipeline.estimators.bayesian_reading import BayesianReading, NoBayesianReading
from impact_pipeline.estimators.family import FamilyMember
from impact_pipeline.estimators.segment_comparison import SegmentComparison, ValueEffect
from impact_pipeline.reports.comparison_rows import bayesian_rows, family_rows, segment_comparison_rows
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.pages import study_body
from impact_pipeline_tests.reports import examples

CONTRAST = Contrast("treatment", "control")
LIFT = Interval(0.02, 0.08, 0.975)


def look(**fields: object) -> Look:
    card = examples.scorecard()
    return examples.look(replace(card, estimates=replace(card.estimates, **fields)))  # type: ignore[arg-type]


def member(metric: str, p_value: float, rejected: bool, relative: Interval | None = LIFT) -> FamilyMember:
    return FamilyMember(metric, CONTRAST, p_value, rejected, Interval(0.1, 0.4, 0.975), relative)


def comparison(metric: str, adjusted: float) -> SegmentComparison:
    values = (
        ValueEffect("web", 0.2, Interval(0.1, 0.3, 0.95), 0.001),
        ValueEffect("app", -0.1, Interval(-0.3, 0.1, 0.95), 0.4),
    )
    return SegmentComparison(metric, CONTRAST, "device", 6.2, 1, 0.013, adjusted, 0.84, "app", values)


def test_a_family_of_one_needs_no_correction() -> None:
    assert family_rows(look(family=(member("orders_per_user", 0.01, True),))) == ()


def test_family_rows_give_lifts_or_differences_at_the_corrected_level() -> None:
    family = (member("orders_per_user", 0.0004, True), member("orders_per_user", 0.3, False, None))
    first, second = family_rows(look(family=family))
    assert (first.label, first.p_value, first.interval, first.rejected) == (
        "Orders per user", "< 0.001", "+2.0 % to +8.0 %", "shown",
    )  # fmt: skip
    assert (second.p_value, second.interval, second.rejected) == ("0.300", "+0.10 to +0.40 orders", "not shown")


def test_segments_come_most_different_first_with_their_worst_value() -> None:
    rows = segment_comparison_rows(
        look(segment_comparisons=(comparison("bounce_rate", 0.9), comparison("orders_per_user", 0.026)))
    )
    assert [(row.label, row.p_value, row.spread) for row in rows] == [
        ("Orders per user", "0.026", "84 %"), ("Bounce rate", "0.900", "84 %"),
    ]  # fmt: skip
    assert rows[0].worst == "app: \u22120.10 orders (95 % interval \u22120.30 to +0.10 orders)"


def test_a_bayesian_reading_or_why_there_is_none() -> None:
    reading = BayesianReading(
        "orders_per_user", CONTRAST, 0.0, 0.02, "the plan", 0.031, Interval(0.01, 0.052, 0.95), 0.998, 0.00001, 0.031
    )
    missing = NoBayesianReading("bounce_rate", CONTRAST, "0 past studies, and a prior needs 5 at least")
    first, second = bayesian_rows(look(bayesian=(reading, missing)))
    assert (first.prior, first.lift, first.probability_better) == (
        "0.0 % \N{PLUS-MINUS SIGN} 2.0 % (the plan)", "+3.1 % (95 % interval +1.0 % to +5.2 %)", "99.8 %",
    )  # fmt: skip
    assert (first.loss_if_shipped, first.loss_if_kept) == ("0.001 %", "3.100 %")
    assert second.refused == missing.detail


def test_the_page_shows_what_stands_beside_the_estimates() -> None:
    family = (member("orders_per_user", 0.0004, True), member("orders_per_user", 0.3, False))
    missing = NoBayesianReading("bounce_rate", CONTRAST, "0 past studies, and a prior needs 5 at least")
    comparisons = (comparison("orders_per_user", 0.026),)
    page = study_body(look(family=family, bayesian=(missing,), segment_comparisons=comparisons), (), None)
    for told in ("as one family", "none: 0 past studies", "Spread beyond chance", "Holm", "the planned look decides"):
        assert told in page
