"""What a document of each metric type may say; a refusal is told with its file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.load import read_catalog, read_sound_part
from impact_pipeline.catalog.metrics.registry import METRIC_TYPES, type_name
from impact_pipeline_tests.catalog.metrics.examples import BODIES, HEAD, PARTS, written
from impact_pipeline_tests.catalog.mini import write_mini

PLAN = "studies/trial.yaml"


def faults(root: Path) -> list[str]:
    return [str(issue) for issues in read_sound_part(root).broken.values() for issue in issues]


@pytest.mark.parametrize("kind", BODIES)
def test_a_document_of_each_type_is_sound(tmp_path: Path, kind: str) -> None:
    catalog = read_catalog(write_mini(tmp_path, *PARTS, written(kind)))
    metric = catalog.metrics["some"]
    readings = metric.readings(catalog.parts_of(metric))
    assert metric.type == kind
    assert [reading.variant for reading in readings].count("") == 1
    assert readings[0].label == "Some"
    assert metric.formula_in_words("user")


def test_every_bundled_type_has_an_example() -> None:
    assert {type_name(kind) for kind in METRIC_TYPES} == {*BODIES, "proportion"}


REFUSED = [
    ("mean", "measure: revenue", "filter: amount > 1", "10: value.measure: is required; add it"),
    ("mean", "window:", "cap: {}\nwindow:", "9: cap: name either `absolute` or `percentile`, and not both"),
    (
        "mean",
        "window:",
        "cap: {absolute: 5, percentile: 0.99}\nwindow:",
        "9: cap: name either `absolute` or `percentile`, and not both",
    ),
    (
        "mean",
        "window:",
        "cap: {absolute: 5, digits: 2}\nwindow:",
        "9: cap: `digits` belongs to a `percentile`; remove it",
    ),
    ("mean", "window:", "cap: {percentile: 99}\nwindow:", "9: cap.percentile: Input should be less than 1 (found 99)"),
    ("mean", "window:", "cap: {absolute: 0}\nwindow:", "9: cap.absolute: Input should be greater than 0 (found 0)"),
    (
        "mean",
        "window:",
        "covariates: [revenue_before, revenue_before]\nwindow:",
        "9: covariates: a covariate stands twice; keep one",
    ),
    ("mean", "window:", "covariate: revenue_before\nwindow:", "9: covariate: is not a field of this document; remove"),
    ("count", "{fact: orders}", "{fact: orders, measure: revenue}", "10: value.measure: is not a field of this"),
    ("count", "{fact: orders}", "{fact: order}", "10: value.fact: there is no fact 'order'; facts are orders, visits;"),
    (
        "rate",
        "events: {fact: orders}",
        "events: {fact: orders, measure: profit}",
        "10: events.measure: fact 'orders' has no measure 'profit'; measures are revenue",
    ),
    (
        "rate",
        "events: {fact: orders}",
        "events: {fact: visits}",
        "1: document: its facts are about store and user; use facts of one entity",
    ),
    (
        "retention",
        "{start_day: 7, days: 7}",
        "{days: 7}",
        "9: window: retention looks at a later window; give it a `start_day` of 1 or more",
    ),
    (
        "funnel",
        "  - {name: large, fact: orders, filter: amount > 9}\n",
        "",
        "10: steps: Tuple should have at least 2 items after validation, not 1",
    ),
    ("funnel", "name: large", "name: small", "10: steps: two steps have the same name; rename one"),
    (
        "funnel",
        "filter: amount > 9",
        "filter: amount + 9",
        "12: steps.1.filter: the expression must be a condition; over dataset 'orders'",
    ),
    ("quantile", "quantile: 0.5", "quantile: 50", "11: quantile: Input should be less than 1 (found 50)"),
    ("quantile", "quantile: 0.5", "quantile: 0.5\ndigits: 9", "12: digits: Input should be less than or equal to 6"),
    (
        "quantile",
        "quantile: 0.5",
        "quantile: 0.5\ncovariates: [revenue_before]",
        "12: covariates: no method adjusts a metric of this type; remove its covariates",
    ),
    ("event_quantile", "quantile: 0.9", "", "1: quantile: is required; add it"),
    ("days_of_use", "active: {fact: orders}", "active: {}", "10: active.fact: is required; add it"),
    (
        "composite",
        "plain - 0.5 * fees",
        "plain * fees",
        "10: formula: a formula adds and subtracts metrics, each by its name or as `number * name` (character 1)",
    ),
    ("composite", "0.5 * fees", "fees / 2", "10: formula: a formula adds and subtracts metrics, each by its name or"),
    ("composite", "0.5 * fees", "plain", "10: formula: 'plain' cancels out; remove it from the formula"),
    ("composite", "0.5 * fees", "(fees", "10: formula: does not parse"),
    (
        "composite",
        "fees",
        "costs",
        "10: formula: there is no metric 'costs'; metrics are fees, plain, revenue, share, some; correct the name or",
    ),
    (
        "composite",
        "fees",
        "share",
        "10: formula: metric 'share' is of type 'ratio'; a formula takes 'mean' and 'count' metrics",
    ),
    (
        "composite",
        "days: 7",
        "days: 3",
        "10: formula: metric 'plain' is over days 0 to 6, this one over days 0 to 2; give both one window",
    ),
    ("composite", "unit: EUR", "unit: USD", "10: formula: metric 'fees' is in 'EUR', this one in 'USD'; use one unit"),
]


@pytest.mark.parametrize(("kind", "old", "new", "told"), REFUSED, ids=[f"{r[0]}-{r[2]}" for r in REFUSED])
def test_what_a_document_cannot_mean_is_refused(tmp_path: Path, kind: str, old: str, new: str, told: str) -> None:
    text = HEAD.format(name="some") + BODIES[kind]
    assert old in text
    changed = ("metrics/some.yaml", "", text.replace(old, new, 1))
    found = faults(write_mini(tmp_path, *PARTS, changed))
    assert any(fault.startswith(f"metrics/some.yaml:{told}") for fault in found), found


def test_a_composite_takes_no_capped_part(tmp_path: Path) -> None:
    name, _, text = written("mean", "fees")
    fees = (name, "", f"{text}cap: {{absolute: 5}}\n")
    assert faults(write_mini(tmp_path, PARTS[0], fees, written("composite"))) == [
        "metrics/some.yaml:10: formula: metric 'fees' has a cap; use one without, and cap the composite"
    ]


def test_a_composite_of_a_faulty_metric_is_told_so(tmp_path: Path) -> None:
    name, _, text = written("mean", "fees")
    fees = (name, "", text.replace("fact: orders", "fact: nope"))
    (own,) = read_sound_part(write_mini(tmp_path, PARTS[0], fees, written("composite"))).broken["metric", "some"]
    told = "formula: metric 'fees' has faults of its own (metrics/fees.yaml:10); mend them first"
    assert str(own) == f"metrics/some.yaml:10: {told}"


def test_an_unknown_type_is_told_with_those_there_are(tmp_path: Path) -> None:
    changed = ("metrics/some.yaml", "", HEAD.format(name="some") + BODIES["mean"].replace("type: mean", "type: sum"))
    (fault,) = faults(write_mini(tmp_path, changed))
    assert fault.startswith("metrics/some.yaml:8: type: 'sum' is not one of 'mean', 'proportion', 'ratio', 'count',")


def test_a_plan_reads_one_metric_over_several_windows(tmp_path: Path) -> None:
    twice = "metric: revenue, window: {start_day: 3, days: 2}}\n  - {role: exploratory, metric: revenue"
    study = read_catalog(write_mini(tmp_path, (PLAN, "metric: revenue", twice))).study("trial")
    assert [metric.name for metric in study.metrics] == ["revenue__d3_4", "revenue", "share"]
    assert study.metrics_by_name["revenue__d3_4"].label == "Revenue, days 3 to 4"
    assert study.metrics_by_name["revenue__d3_4"].covariates == ("revenue_before",)
    assert study.last_days["revenue__d3_4"] == 4


def test_a_trend_is_kept_of_success_metrics_alone(tmp_path: Path) -> None:
    study = read_catalog(write_mini(tmp_path)).study("trial")
    assert [study.reading_key(metric, reading) for metric, reading in study.readings] == [
        "revenue", "revenue~trend", "share",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (
            "metric: revenue, window: {days: 7}}\n  - {role: exploratory, metric: revenue, window: {days: 7}",
            "22: metrics.1.metric: metric 'revenue__d0_6' is used twice; keep one use, or give them different windows",
        ),
        (
            "metric: some, window: {days: 7}",
            "21: metrics.0.window: metric 'some' cannot be read over days 0 to 6: Value error, retention looks at a",
        ),
        ("metric: revenue, window: {days: 0}", "21: metrics.0.window.days: Input should be greater than or equal to 1"),
        (
            "metric: some, window: {start_day: 1, days: 2}",
            "21: metrics.0.window: over this window it would be called 'some__d1_2', which is a metric of its own;",
        ),
    ],
)
def test_a_window_that_cannot_be_is_refused(tmp_path: Path, use: str, told: str) -> None:
    taken = written("mean", "some__d1_2")
    found = faults(write_mini(tmp_path, written("retention"), taken, (PLAN, "metric: revenue", use)))
    assert any(fault.startswith(f"{PLAN}:{told}") for fault in found), found


def test_a_value_is_of_a_metric_over_the_window_of_its_use(tmp_path: Path) -> None:
    use = (PLAN, "metric: revenue", "metric: revenue, window: {days: 2}")
    (fault,) = faults(write_mini(tmp_path, use))
    assert fault.startswith(
        f"{PLAN}:26: value.metric: 'revenue' is not a metric of this plan; metrics are revenue__d0_1"
    )
    named = (PLAN, "value: {metric: revenue", "value: {metric: revenue__d0_1")
    assert faults(write_mini(tmp_path / "named", use, named)) == []


def test_a_type_that_is_no_text_is_refused(tmp_path: Path) -> None:
    text = HEAD.format(name="some") + BODIES["mean"].replace("type: mean", "type: [mean]")
    (fault,) = faults(write_mini(tmp_path, ("metrics/some.yaml", "", text)))
    assert fault.startswith("metrics/some.yaml:8: type: ")
