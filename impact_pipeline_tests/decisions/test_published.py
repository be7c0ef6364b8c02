"""A scorecard as readers get it: every part without what is not told of it, and the reason in its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from impact_pipeline.catalog.disclosure import DEFAULT
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.decisions.disclosed import OTHER_VALUES, Disclosed
from impact_pipeline.decisions.published import published
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import NotEstimable, Reason
from impact_pipeline.governance.disclosure import Telling
from impact_pipeline.kpis.base import NoImpact
from impact_pipeline.outcomes.cells import ALL_UNITS, EXPOSED
from impact_pipeline_tests.reports.examples import AS_OF, catalog, scorecard

STUDY = catalog().study("ranker_v2")
NAMES = ("orders_per_user", "bounce_rate", "revenue_per_order")
ORDERS = "orders_per_user"


def card(*findings: Finding, values: tuple[str, ...] = ("web", "app", "tv")) -> Scorecard:
    """The example with metrics under their plain names, as looks store them."""
    given = scorecard(segment_values=values)
    results = tuple(replace(result, metric=result.metric.removesuffix("@1")) for result in given.estimates.results)
    points = tuple(replace(point, metric=point.metric.removesuffix("@1")) for point in given.estimates.trajectory)
    reasons = ("Orders per user rose by 10.2 %: better than control.", *(f.sentence for f in findings))
    return replace(
        given, estimates=replace(given.estimates, results=results, trajectory=points),
        findings=findings or given.findings, verdict=replace(given.verdict, reasons=reasons),
    )  # fmt: skip


def told(**readings: Telling) -> Disclosed:
    known = {EXPOSED: Telling(), **{name: Telling() for name in NAMES}, **readings}
    return Disclosed("user", DEFAULT, known, points=frozenset({(ORDERS, AS_OF)}))


def test_withheld_values_stand_in_one_line_without_their_names() -> None:
    telling = Telling(None, {"platform": {"web": "small", "app": "follows"}})
    found = published(card(), STUDY, told(orders_per_user=telling)).estimates.results
    assert [result.segment for result in found if result.segment != ALL_UNITS] == [
        ("platform", "tv"), ("platform", OTHER_VALUES),
    ]  # fmt: skip
    last = found[-1]
    assert isinstance(last, NotEstimable)
    assert (last.reason, last.n_per_arm) == (Reason.WITHHELD, {})
    assert last.detail.startswith("withheld: 2 values, groups of fewer than 10 users in an arm")


def test_a_withheld_metric_is_in_no_part() -> None:
    found = published(card(), STUDY, told(orders_per_user=Telling("dominated")))
    own = [result for result in found.estimates.results if result.metric == ORDERS]
    assert {type(result) for result in own} == {NotEstimable}
    assert own[0].segment == ALL_UNITS
    detail = "withheld: one user may make 80 % or more of a total"
    assert found.impacts == (NoImpact("ranker_v2", detail),)
    assert found.verdict.reasons == (f"Orders per user: {detail}.",)
    assert found.verdict.decision == card().verdict.decision


def test_points_that_are_not_told_are_left_out() -> None:
    assert len(card().estimates.trajectory) == 14
    [point] = published(card(), STUDY, told()).estimates.trajectory
    assert point.as_of == AS_OF


def test_numbers_of_an_earlier_look_stand_where_few_joined() -> None:
    before = card()
    earlier = replace(before, as_of=AS_OF - timedelta(days=1), exposed_per_arm={"control": 4000, "treatment": 4000})
    now = replace(before, exposed_per_arm={"control": 4003, "treatment": 4001})
    few, standing = Telling("few_since"), {EXPOSED: earlier, ORDERS: earlier}
    disclosed = replace(told(orders_per_user=few, **{EXPOSED: few}), stands=standing)
    found = published(now, STUDY, disclosed)
    assert found.exposed_per_arm == {"control": 4000, "treatment": 4000}
    own = {result.segment: result for result in found.estimates.results if result.metric == ORDERS}
    assert own == {result.segment: result for result in earlier.estimates.results if result.metric == ORDERS}
    day = AS_OF - timedelta(days=1)
    assert found.verdict.reasons == (
        f"Orders per user: withheld: fewer than 10 users more or less than at the look of {day}, whose numbers stand.",
    )


def test_too_few_units_leave_no_count_and_no_finding() -> None:
    few = {name: Telling("small") for name in (EXPOSED, *NAMES)}
    found = published(card(), STUDY, told(**few))
    assert found.exposed_per_arm == {}
    assert {finding.sentence for finding in found.findings} == {
        "What was counted is withheld: fewer than 10 users in an arm."
    }
    assert [finding.passed for finding in found.findings] == [finding.passed for finding in card().findings]


def mismatch(**details: str) -> Finding:
    sentence = "They do not fit (p = 0.0001; 90 units). 70.0 % of device 'web' came to control, planned were 50.0 %."
    return Finding("sample_ratio", False, 1e-4, 5e-4, sentence, "invalidate", dict(details))


def test_where_a_mismatch_comes_from_is_not_told_of_a_withheld_value() -> None:
    given = card(mismatch(worst_segment="device 'web'"))
    open_, closed = told(), told(**{EXPOSED: Telling(None, {"device": {"web": "small"}})})
    assert published(given, STUDY, open_).findings == given.findings
    [found] = published(given, STUDY, closed).findings
    assert found.sentence == "They do not fit (p = 0.0001; 90 units). Where it comes from is withheld."
    assert found.details == {}
    assert found.sentence in published(given, STUDY, closed).verdict.reasons


def test_without_counts_nothing_is_told() -> None:
    found = published(card(), STUDY, Disclosed("user", DEFAULT, {}))
    assert {type(result) for result in found.estimates.results} == {NotEstimable}
    assert (found.exposed_per_arm, found.estimates.trajectory) == ({}, ())
