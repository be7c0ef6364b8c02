"""Definitions as a reader sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.designs import RandomizedDesign
from impact_pipeline.catalog.plan import GuardrailUse, Margin
from impact_pipeline.reports.definition import MeasureSql, arms_in_words, metric_definitions
from impact_pipeline_tests.outcomes.test_metric_types import documents
from impact_pipeline_tests.reports.examples import catalog, look, plan
from impact_pipeline_tests.small_shop import write_catalog


def test_definitions_give_formula_window_and_sql() -> None:
    orders, bounces, revenue = metric_definitions(look().study)
    assert orders.formula == "average over users of total order_count"
    assert (orders.window, orders.role, orders.covariates) == ("days 0 to 6 from exposure", "success", ("orders_28d",))
    assert bounces.formula == "share of users whose total order_count is above zero"
    assert bounces.measures == (MeasureSql("orders.order_count", "orders", "1", "amount > 0"),)
    assert revenue.formula == "total revenue_eur divided by total order_count, over all users"
    assert [measure.name for measure in revenue.measures] == ["orders.revenue_eur", "orders.order_count"]


def test_guardrails_show_their_margin() -> None:
    _, bounces, revenue = metric_definitions(look().study)
    assert bounces.role == "guardrail, margin 1 pp"
    assert revenue.role == "guardrail, margin 2 %"


def test_an_absolute_margin_has_the_metrics_unit() -> None:
    use = GuardrailUse(role="guardrail", metric="revenue_per_order", margin=Margin(absolute=0.5))
    changed = plan().model_copy(update={"metrics": (use,)})
    (revenue,) = metric_definitions(catalog(changed).study("ranker_v2"))
    assert revenue.role == "guardrail, margin 0.5 EUR"


def test_a_metric_with_a_broken_document_has_no_definition() -> None:
    use = GuardrailUse(role="guardrail", metric="missing", margin=Margin(relative=0.5))
    changed = plan().model_copy(update={"metrics": (use,)})
    assert metric_definitions(catalog(changed).study("ranker_v2")) == ()


def test_arm_shares_name_the_control() -> None:
    design = RandomizedDesign(type="randomized", arms={"old": 0.125, "new": 0.875}, control="old")
    renamed = catalog(plan().model_copy(update={"design": design})).study("ranker_v2")
    assert arms_in_words(renamed) == ("old 12.5 % (control)", "new 87.5 %")
    assert arms_in_words(look().study) == ("control 50 %", "treatment 50 %")


@pytest.mark.parametrize(
    ("metric", "formula", "measures"),
    [
        (
            "margin",
            "average over users of plain_revenue - 0.125 * (item_value + 2 * plain_revenue), at most 400 EUR a unit",
            [("orders.revenue", "amount", ""), ("orders.price", "amount / items", "")],
        ),
        (
            "web_orders",
            "average over users of the number of orders rows, at most 1 EUR a unit",
            [("orders rows", "count(*)", "channel = 'web'")],
        ),
        (
            "order_days",
            "average over users of the number of days with a row of orders",
            [("orders days", "count(distinct day)", "")],
        ),
        (
            "checkout",
            "share of users that passed view, then web, then large",
            [
                ("profile_views rows", "count(*)", ""),
                ("orders rows", "count(*)", "channel = 'web'"),
                ("orders rows", "count(*)", "amount > 300"),
            ],
        ),
    ],
)
def test_any_type_tells_what_it_is_made_of(
    tmp_path: Path, metric: str, formula: str, measures: list[tuple[str, str, str]]
) -> None:
    study = write_catalog(tmp_path, changes=documents(metric)).study("ranker_v2")
    (found,) = (one for one in metric_definitions(study) if one.reference == f"{metric}@1")
    assert found.formula == formula
    assert [(one.name, one.expression, one.filter) for one in found.measures] == measures


def test_a_metric_over_a_window_of_its_use_says_so(tmp_path: Path) -> None:
    study = write_catalog(tmp_path, changes=documents("rows")).study("ranker_v2")
    assert [(one.label, one.window) for one in metric_definitions(study)] == [
        ("Some, days 1 to 3", "days 1 to 3 from exposure"), ("Some", "days 1 to 2 from exposure"),
    ]  # fmt: skip
