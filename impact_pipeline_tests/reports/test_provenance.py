"""Inputs, freshness and restatements."""

from __future__ import annotations

from dataclasses import replace

from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.reports.provenance import InputSpan, input_spans, restatements
from impact_pipeline_tests.reports.examples import AS_OF, look, scorecard


def test_input_spans_say_how_far_the_data_reach() -> None:
    orders, sessions = input_spans(scorecard())
    assert orders == InputSpan("orders", "2026-03-01", "2026-03-20", 20, orders.digest, "up to the look")
    assert (sessions.last, sessions.days, sessions.freshness) == ("2026-03-18", 18, "2 days before the look")
    assert len(orders.digest) == 12
    assert orders.digest != sessions.digest


def test_an_input_that_delivered_nothing_has_no_span() -> None:
    card = scorecard()
    assert input_spans(replace(card, provenance=replace(card.provenance, inputs={"orders": {}}))) == ()


def test_equal_inputs_are_no_restatement() -> None:
    assert restatements(look(), _before()) == ()


def test_restatement_names_days_and_what_the_earlier_look_reads_now() -> None:
    marks = {**look().card.provenance.inputs["orders"], "2026-03-02": "other", "2026-02-01": "gone"}
    assert restatements(look(), _before({"orders": marks}, shift=0.01)) == (
        "orders: restated since the look before, on 2026-02-01, 2026-03-02.",
        "Orders per user: the look of 2026-03-20 read +0.11 orders; with the restated rows it reads +0.10 orders.",
    )


def test_a_day_that_the_earlier_look_went_without_came_late() -> None:
    marks = dict(look().card.provenance.inputs["orders"])
    late = sorted(marks)[0]
    del marks[late]
    assert restatements(look(), _before({"orders": marks})) == (f"orders: came after the look before, for {late}.",)


def test_many_restated_days_are_counted() -> None:
    marks = {f"2026-01-{day:02}": "other" for day in range(1, 9)}
    expected = ", ".join(sorted(marks)[:5])
    assert restatements(look(), _before({"orders": marks})) == (
        f"orders: restated since the look before, on {expected} and 3 more.",
    )


def _before(inputs: dict[str, dict[str, str]] | None = None, shift: float = 0.0) -> Scorecard:
    """The scorecard of an earlier look at the same day."""
    card = scorecard()
    points = tuple(replace(p, value=p.value + shift) for p in card.estimates.trajectory if p.as_of == AS_OF)
    estimates = replace(card.estimates, trajectory=points)
    return replace(card, provenance=replace(card.provenance, inputs=inputs or {}), estimates=estimates)
