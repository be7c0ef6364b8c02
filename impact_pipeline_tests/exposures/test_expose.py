"""Who counts as exposed, to what, since when, and in which segment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import md5
from pathlib import Path
from typing import Any

from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.exposures.expose import expose
from impact_pipeline.features.build import build_day
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import Publication
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog

LAST = date(2026, 3, 9)


def contact(user: int | None, moment: str, arm: str, device: str = "x") -> dict[str, Any]:
    return {"user_id": user, "exposed_at": at(moment), "arm": arm, "device": device}


def exposed(lake: Lake, catalog: Catalog, as_of: date = LAST, generation: str = "1") -> Publication:
    return expose(catalog.study("ranker_v2"), as_of, lake=lake, engine=ENGINE, generation=generation)


def rows(lake: Lake) -> dict[int, dict[str, Any]]:
    table = ENGINE.table(exp.select("*").from_("e"), {"e": lake.exposures("ranker_v2").files()})
    return {row["unit"]: row for row in table.to_pylist()}


def built(tmp_path: Path, **days: list[dict[str, Any]]) -> tuple[Catalog, Lake]:
    """A lake with exposures on the named days ('d04' is 4 March), profiles and orders of the days before."""
    catalog, lake = write_catalog(tmp_path / "catalog"), Lake(tmp_path)
    order = {"user_id": 1, "ordered_at": at("03-03 10:00"), "amount": Decimal("12.50"), "items": 1, "channel": "web"}
    publish(lake, "orders", "2026-03-03", [order])
    publish(lake, "profiles", "2026-03-03", [{"user_id": 1, "seen_at": at("03-03 10:00"), "country": "A"}])
    for day in ("2026-03-04", "2026-03-05", "2026-03-06"):
        publish(lake, "exposures", day, days.get(f"d{day[-2:]}", []))
        for feature in catalog.features.values():
            build_day(catalog, feature, date.fromisoformat(day), lake=lake, engine=ENGINE, generation="1")
    return catalog, lake


def test_the_first_contact_counts_with_what_was_known_before(tmp_path: Path) -> None:
    first, later = contact(1, "03-04 10:00", "treatment", "x"), contact(1, "03-05 10:00", "treatment", "y")
    catalog, lake = built(tmp_path, d04=[first], d05=[later])
    exposed(lake, catalog)
    assert rows(lake)[1] == {
        "unit": 1,
        "arm": "treatment",
        "exposed_at": at("03-04 10:00"),
        "cohort_day": date(2026, 3, 4),
        "mixed": False,
        "segment_device": "x",
        "segment_country": "A",
        "bin": "",
        "covariate_revenue_before": 1250,
    }


def test_control_units_are_in_bins_by_a_hash_of_study_and_unit_and_others_in_none(tmp_path: Path) -> None:
    contacts = [contact(unit, "03-04 10:00", "treatment" if unit % 3 == 0 else "control") for unit in range(1, 400)]
    catalog, lake = built(tmp_path, d04=contacts)
    exposed(lake, catalog)
    for unit, row in rows(lake).items():
        hashed = md5(f"{unit} a/a ranker_v2".encode(), usedforsecurity=False).hexdigest()
        quarter = "048c"[int(hashed[1], 16) // 4]
        assert row["bin"] == (hashed[0] + quarter if row["arm"] == "control" else "")
    assert len({row["bin"] for row in rows(lake).values()} - {""}) > 55


def test_a_plan_without_an_aa_check_keeps_no_bins(tmp_path: Path) -> None:
    _, lake = built(tmp_path, d04=[contact(1, "03-04 10:00", "control")])
    plan = document("studies/ranker_v2.yaml") + "\naa_check: false\n"
    exposed(lake, write_catalog(tmp_path / "catalog", changes={"studies/ranker_v2.yaml": plan}))
    assert "bin" not in rows(lake)[1]


def test_a_unit_without_history_is_unknown_and_has_the_missing_value(tmp_path: Path) -> None:
    catalog, lake = built(tmp_path, d05=[contact(2, "03-05 10:00", "control")])
    exposed(lake, catalog)
    assert rows(lake)[2]["segment_country"] == "unknown"
    assert rows(lake)[2]["covariate_revenue_before"] == 0


def test_a_unit_of_two_arms_is_marked_mixed(tmp_path: Path) -> None:
    catalog, lake = built(
        tmp_path, d04=[contact(2, "03-04 10:00", "control")], d06=[contact(2, "03-06 10:00", "treatment")]
    )
    exposed(lake, catalog, date(2026, 3, 5))
    assert rows(lake)[2]["mixed"] is False
    exposed(lake, catalog, generation="2")
    assert rows(lake)[2]["mixed"] is True


def test_contacts_at_one_instant_give_the_same_row_in_any_order(tmp_path: Path) -> None:
    twins = [contact(3, "03-04 10:00", "control", "y"), contact(3, "03-04 10:00", "control", "x")]
    found = set()
    for number, given in enumerate((twins, twins[::-1])):
        catalog, lake = built(tmp_path / str(number), d04=given)
        found.add(exposed(lake, catalog).state.fingerprint)
    assert len(found) == 1


def test_other_arms_other_dates_and_nobody_are_left_out(tmp_path: Path) -> None:
    strangers = [contact(4, "03-04 10:00", "holdout"), contact(None, "03-04 10:00", "control")]
    catalog, lake = built(tmp_path, d04=[*strangers, contact(5, "03-07 00:00", "control")])
    exposed(lake, catalog)
    assert rows(lake) == {}


def test_the_plans_filter_chooses_its_rows(tmp_path: Path) -> None:
    catalog, lake = built(
        tmp_path, d04=[contact(1, "03-04 10:00", "control", "x"), contact(2, "03-04 11:00", "control", "y")]
    )
    rule = "exposure: {dataset: exposures, arm_column: arm, exposed_at: exposed_at"
    plan = document("studies/ranker_v2.yaml").replace(rule, rule + ", filter: device = 'y'")
    catalog = write_catalog(tmp_path / "catalog", changes={"studies/ranker_v2.yaml": plan})
    exposed(lake, catalog)
    assert set(rows(lake)) == {2}


def test_the_same_inputs_are_not_written_twice_and_a_missing_day_is_named(tmp_path: Path) -> None:
    catalog, lake = built(tmp_path, d04=[contact(1, "03-04 10:00", "control")])
    assert exposed(lake, catalog).written
    again = exposed(lake, catalog, generation="2")
    assert not again.written
    assert again.state.facts["missing_days"] == {}
    other = Lake(tmp_path / "other")
    publish(other, "exposures", "2026-03-04", [contact(1, "03-04 10:00", "control")])
    assert exposed_without_features(other, catalog)["trusted/exposures"] == ["2026-03-05", "2026-03-06"]


def test_a_day_that_is_missing_from_a_later_look_on_is_named(tmp_path: Path) -> None:
    catalog, lake = write_catalog(tmp_path / "catalog"), Lake(tmp_path)
    publish(lake, "exposures", "2026-03-04", [contact(1, "03-04 10:00", "control")])
    build_first_features(lake, catalog)
    for as_of, missing in ((4, None), (5, ["2026-03-05"]), (6, ["2026-03-05", "2026-03-06"])):
        found = exposed(lake, catalog, date(2026, 3, as_of), generation=str(as_of)).state
        assert found.facts["missing_days"].get("trusted/exposures") == missing


def exposed_without_features(lake: Lake, catalog: Catalog) -> dict[str, list[str]]:
    """Missing days of a lake whose features were built for one day alone."""
    build_first_features(lake, catalog)
    missing: dict[str, list[str]] = exposed(lake, catalog).state.facts["missing_days"]
    assert missing["features/country"] == ["2026-03-05", "2026-03-06"]
    return missing


def build_first_features(lake: Lake, catalog: Catalog) -> None:
    publish(lake, "orders", "2026-03-03", [])
    publish(lake, "profiles", "2026-03-03", [])
    for feature in catalog.features.values():
        build_day(catalog, feature, date(2026, 3, 4), lake=lake, engine=ENGINE, generation="1")
