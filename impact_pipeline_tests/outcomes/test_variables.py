from __future__ import annotations

from pathlib import Path

from impact_pipeline.outcomes.variables import Variables, variables_of
from impact_pipeline_tests.outcomes.test_metric_types import METRICS, documents
from impact_pipeline_tests.small_shop import write_catalog


def variables(root: Path, *used: str) -> Variables:
    return variables_of(write_catalog(root, changes=documents(*used)).study("ranker_v2"))


def test_a_total_is_added_up_once_whichever_readings_use_it(tmp_path: Path) -> None:
    found = variables(tmp_path, "plain_revenue", "margin", "item_value", "fine_cap", "trimmed")
    listed = [(total.total, total.scale) for total in found.totals]
    assert len(set(listed)) == len(listed)
    trimmed, uncapped = (columns for columns in found.columns if columns.metric.name == "trimmed")
    assert trimmed.y is uncapped.y
    plain = next(columns for columns in found.columns if columns.key == "plain_revenue")
    margin = next(columns for columns in found.columns if columns.key == "margin~uncapped")
    assert plain.y is not None
    assert margin.y is not None
    assert set(plain.y.totals) < set(margin.y.totals)


def test_terms_are_brought_to_the_least_common_scale(tmp_path: Path) -> None:
    (margin,) = (c for c in variables(tmp_path, "margin").columns if c.key == "margin")
    assert margin.y is not None
    assert [factor for factor, _ in margin.y.terms] == [750, -125]
    assert (margin.y.scale, margin.y.cap) == (5, 400 * 10**5)


def test_a_cap_is_kept_to_its_last_digit(tmp_path: Path) -> None:
    capped, shadow = (c for c in variables(tmp_path, "fine_cap").columns if c.metric.name == "fine_cap")
    assert capped.y is not None
    assert (capped.y.scale, capped.y.cap, capped.y.terms[0][0]) == (4, 3_333_335, 100)
    assert shadow.y_scale == 2


def test_an_indicator_has_scale_zero_and_its_threshold_is_of_the_integer(tmp_path: Path) -> None:
    found = variables(tmp_path, "checkout", "stayed")
    kept = {c.key: (c.y.scale, c.y.at_least) for c in found.columns if c.y is not None and c.y.indicator}
    assert kept == {
        "checkout": (0, 3), "checkout~step1_view": (0, 1), "checkout~step2_web": (0, 2), "stayed": (0, 1),
    }  # fmt: skip
    assert len(found.steps) == 1


def test_facts_are_read_to_the_last_day_of_whatever_reads_them(tmp_path: Path) -> None:
    found = variables(tmp_path, "p90_amount", "stayed", "checkout")
    assert found.fact_names == ("orders", "profile_views")
    assert (found.last_day("orders"), found.last_day("profile_views")) == (3, 3)


def test_events_are_in_no_units_column(tmp_path: Path) -> None:
    (quantile,) = (c for c in variables(tmp_path, *METRICS).columns if c.key == "p90_amount")
    assert quantile.y is None
    assert quantile.events is not None
    assert (quantile.events.measure, quantile.y_scale, quantile.by_value) == ("revenue", 2, False)
