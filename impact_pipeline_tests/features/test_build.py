"""Features by hand, and planted leaks: rows that were not known at the as-of instant must not move a value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.errors import LakeError
from impact_pipeline.features.build import build_day
from impact_pipeline.features.query import lookback_days
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import Publication
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog

AS_OF = date(2026, 3, 5)


def order(user: int, moment: str, amount: str, **changed: Any) -> dict[str, Any]:
    row = {"user_id": user, "ordered_at": at(moment), "amount": Decimal(amount), "items": 1, "channel": "web"}
    return {**row, **changed}


def seen(user: int, moment: str, country: str | None) -> dict[str, Any]:
    return {"user_id": user, "seen_at": at(moment), "country": country}


def build(catalog: Catalog, lake: Lake, view: str, on: date = AS_OF, generation: str = "1") -> Publication:
    return build_day(catalog, catalog.features[view], on, lake=lake, engine=ENGINE, generation=generation)


def values(lake: Lake, view: str, on: date = AS_OF) -> Mapping[int, Any]:
    everything = exp.select("*").from_("f")
    rows = ENGINE.table(everything, {"f": lake.feature(view).files([on.isoformat()])}).to_pylist()
    assert all(row["day"] == on for row in rows)
    return {row["unit"]: row["value"] for row in rows}


def test_a_sum_covers_exactly_the_lookback_in_scaled_integers(tmp_path: Path) -> None:
    catalog, lake = write_catalog(tmp_path / "catalog"), Lake(tmp_path)
    publish(lake, "orders", "2026-03-01", [order(1, "03-01 23:59", "99.00")])
    publish(lake, "orders", "2026-03-02", [order(1, "03-02 00:00", "10.10"), order(2, "03-02 12:00", "5.00")])
    publish(lake, "orders", "2026-03-04", [order(1, "03-04 23:59", "0.01")])
    build(catalog, lake, "revenue_before")
    assert values(lake, "revenue_before") == {1: 1011, 2: 500}


def test_nothing_at_or_after_the_as_of_instant_is_read(tmp_path: Path) -> None:
    catalog, lake = write_catalog(tmp_path / "catalog"), Lake(tmp_path)
    publish(lake, "orders", "2026-03-04", [order(1, "03-04 12:00", "10.00")])
    build(catalog, lake, "revenue_before")
    clean = values(lake, "revenue_before")
    leaks = [order(1, "03-05 00:00", "500.00"), order(1, "03-09 10:00", "700.00"), order(2, "03-05 00:00", "1.00")]
    publish(lake, "orders", "2026-03-04", [order(1, "03-04 12:00", "10.00"), *leaks], generation="2")
    publish(lake, "orders", "2026-03-05", [order(1, "03-05 00:00", "900.00")], generation="2")
    publish(lake, "orders", "2026-03-06", [order(1, "03-06 00:00", "900.00")], generation="2")
    assert build(catalog, lake, "revenue_before", generation="2").written
    assert values(lake, "revenue_before") == clean == {1: 1000}


def test_the_latest_value_is_the_newest_known_before_the_day(tmp_path: Path) -> None:
    catalog, lake = write_catalog(tmp_path / "catalog"), Lake(tmp_path)
    publish(lake, "profiles", "2026-03-01", [seen(1, "03-01 08:00", "A"), seen(2, "03-01 09:00", "B")])
    publish(lake, "profiles", "2026-03-03", [seen(1, "03-03 08:00", "C"), seen(1, "03-03 09:00", None)])
    publish(lake, "profiles", "2026-03-05", [seen(2, "03-05 00:00", "Z")])
    build(catalog, lake, "country")
    assert values(lake, "country") == {1: "C", 2: "B"}


def test_the_latest_value_among_equal_instants_is_stable(tmp_path: Path) -> None:
    for number, rows in enumerate(([("A",), ("B",)], [("B",), ("A",)])):
        lake = Lake(tmp_path / str(number))
        catalog = write_catalog(lake.home / "catalog")
        publish(lake, "profiles", "2026-03-04", [seen(1, "03-04 08:00", country) for (country,) in rows])
        build(catalog, lake, "country")
        assert values(lake, "country") == {1: "B"}


def test_values_are_clipped_row_by_row_and_rows_filtered(tmp_path: Path) -> None:
    remedied = document("features/revenue_before.yaml") + (
        "filter: channel = 'web'\nremediation: {upper: 50, lower: 1, notes: a till books 9999 on error}\n"
    )
    catalog = write_catalog(tmp_path / "catalog", changes={"features/revenue_before.yaml": remedied})
    lake = Lake(tmp_path)
    rows = [order(1, "03-04 10:00", "9999.00"), order(1, "03-04 11:00", "0.10")]
    publish(lake, "orders", "2026-03-04", [*rows, order(1, "03-04 12:00", "7.00", channel="app")])
    built = build(catalog, lake, "revenue_before")
    assert values(lake, "revenue_before") == {1: 5100}
    assert built.state.facts["remediation"] == {
        "missing": 0,
        "lower": 1.0,
        "upper": 50.0,
        "notes": "a till books 9999 on error",
    }


def test_provenance_names_columns_transformation_version_and_inputs(tmp_path: Path) -> None:
    catalog, lake = write_catalog(tmp_path / "catalog"), Lake(tmp_path)
    publish(lake, "orders", "2026-03-02", [order(1, "03-02 10:00", "1.00")])
    publish(lake, "orders", "2026-03-04", [order(1, "03-04 10:00", "1.00")])
    facts = build(catalog, lake, "revenue_before").state.facts
    assert facts["feature"] == "revenue_before@1"
    assert facts["source_columns"] == ["amount", "ordered_at"]
    assert 'SUM(TRY_CAST(ROUND(("amount") * CAST(100 AS BIGINT)) AS BIGINT))' in facts["transformation"]
    states = lake.trusted("orders").states()
    assert facts["input_days"] == {day: states[day].fingerprint for day in ("2026-03-02", "2026-03-04")}
    assert facts["missing_days"] == ["2026-03-03"]


def test_a_day_is_built_again_only_when_its_inputs_or_its_definition_changed(tmp_path: Path) -> None:
    catalog, lake = write_catalog(tmp_path / "catalog"), Lake(tmp_path)
    publish(lake, "orders", "2026-03-04", [order(1, "03-04 10:00", "1.00")])
    assert build(catalog, lake, "revenue_before").written
    assert not build(catalog, lake, "revenue_before", generation="2").written
    longer = document("features/revenue_before.yaml").replace("lookback_days: 3", "lookback_days: 2")
    catalog = write_catalog(tmp_path / "catalog", changes={"features/revenue_before.yaml": longer})
    assert build(catalog, lake, "revenue_before", generation="3").written


def test_the_lookback_does_not_reach_before_the_source(tmp_path: Path) -> None:
    catalog = write_catalog(tmp_path / "catalog")
    assert lookback_days(catalog, catalog.features["country"], date(2026, 3, 3)) == ("2026-03-01", "2026-03-02")
    assert lookback_days(catalog, catalog.features["country"], date(2026, 3, 1)) == ()


def test_a_dataset_that_was_never_published_is_named(tmp_path: Path) -> None:
    catalog = write_catalog(tmp_path / "catalog")
    with pytest.raises(LakeError, match="table orders has not been published yet; materialize it first"):
        build(catalog, Lake(tmp_path), "revenue_before")
