"""Units split by their arm in another study: who is in it, since when, and what makes the split anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.exposures.expose import expose
from impact_pipeline.exposures.other_study import NOT_IN_STUDY
from impact_pipeline.lake.failures import Failed
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import Publication
from impact_pipeline.outcomes.cells_table import read_cells
from impact_pipeline.outcomes.measure import measure
from impact_pipeline.stages.blast_radius import on_call
from impact_pipeline.stages.exposure_lineage import exposure_lineage
from impact_pipeline.stages.staleness import stale_studies
from impact_pipeline.stages.study import STAGES
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog
from impact_pipeline_tests.stages.small_workspace import opened

DAYS = ("2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-07")
LAST = date(2026, 3, 9)
METRICS = document("studies/ranker_v2.yaml").split("metrics:")[1].split("segments:")[0]
PLAN = document("studies/ranker_v2.yaml").replace(METRICS, "\n  - {metric: web_buyers, role: success}\n")
RULE = "exposure: {dataset: exposures, arm_column: arm, exposed_at: exposed_at}"
OURS = PLAN.replace(RULE, RULE[:-1] + ", filter: device = 'ranker'}").replace(
    "segments:\n  device: {type: column, column: device}\n  country: {type: feature, feature: country}\n",
    "segments:\n  pricing: {type: study, study: pricing}\n",
)
OTHER = (
    PLAN.replace("name: ranker_v2", "name: pricing")
    .replace(RULE, RULE[:-1] + ", filter: device = 'pricing'}")
    .replace("starts: 2026-03-04", "starts: 2026-03-03")
    .replace("ends: 2026-03-06", "ends: 2026-03-07")
    .split("segments:")[0]
)


def contact(user: int, moment: str, study: str, arm: str) -> dict[str, Any]:
    """The device column says which study logged the contact."""
    return {"user_id": user, "exposed_at": at(moment), "arm": arm, "device": study}


CONTACTS = [
    *(contact(user, "03-04 10:00", "ranker", ("control", "treatment")[user % 2]) for user in range(6)),
    contact(0, "03-03 09:00", "pricing", "treatment"),
    contact(1, "03-05 09:00", "pricing", "control"),
    contact(1, "03-06 09:00", "pricing", "treatment"),
    contact(2, "03-07 09:00", "pricing", "control"),
    contact(3, "03-04 09:00", "pricing", "somewhere else"),
    contact(9, "03-04 09:00", "pricing", "control"),
]


def written(tmp_path: Path, contacts: list[dict[str, Any]] = CONTACTS) -> tuple[Catalog, Lake]:
    catalog = write_catalog(
        tmp_path / "catalog", fold="direct", changes={"studies/ranker_v2.yaml": OURS, "studies/pricing.yaml": OTHER}
    )
    lake = Lake(tmp_path)
    for day in DAYS:
        publish(lake, "exposures", day, [c for c in contacts if c["exposed_at"].date().isoformat() == day])
    return catalog, lake


def exposed(catalog: Catalog, lake: Lake, as_of: date = LAST, generation: str = "1") -> Publication:
    return expose(catalog.study("ranker_v2"), as_of, lake=lake, engine=ENGINE, generation=generation)


def arms(lake: Lake) -> dict[int, str]:
    table = ENGINE.table(exp.select("*").from_("e"), {"e": lake.exposures("ranker_v2").files()})
    return {row["unit"]: row["segment_pricing"] for row in table.to_pylist()}


def test_the_first_contact_of_the_other_study_says_the_arm(tmp_path: Path) -> None:
    catalog, lake = written(tmp_path)
    exposed(catalog, lake)
    assert arms(lake) == {
        0: "treatment", 1: "control", 2: "control", 3: NOT_IN_STUDY, 4: NOT_IN_STUDY, 5: NOT_IN_STUDY,
    }  # fmt: skip


def test_a_look_knows_no_later_contact(tmp_path: Path) -> None:
    catalog, lake = written(tmp_path)
    exposed(catalog, lake, date(2026, 3, 4))
    assert arms(lake) == {0: "treatment", **dict.fromkeys(range(1, 6), NOT_IN_STUDY)}


def test_days_of_the_other_study_are_inputs(tmp_path: Path) -> None:
    catalog, lake = written(tmp_path)
    facts = exposed(catalog, lake).state.facts
    assert sorted(facts["others"]["pricing"]) == list(DAYS)
    assert sorted(facts["days"]) == ["2026-03-04", "2026-03-05", "2026-03-06"]
    assert not exposed(catalog, lake, generation="2").written
    publish(lake, "exposures", "2026-03-03", [contact(4, "03-03 09:00", "pricing", "control")], generation="2")
    assert exposed(catalog, lake, generation="3").written
    assert (arms(lake)[0], arms(lake)[4]) == (NOT_IN_STUDY, "control")


def test_the_other_studys_rule_is_part_of_what_exposures_are_made_from(tmp_path: Path) -> None:
    catalog, lake = written(tmp_path)
    before = exposed(catalog, lake).state
    narrower = OTHER.replace("ends: 2026-03-07", "ends: 2026-03-06")
    changed = write_catalog(tmp_path / "catalog", fold="direct", changes={"studies/pricing.yaml": narrower})
    changed = write_catalog(
        tmp_path / "catalog", fold="direct", changes={"studies/ranker_v2.yaml": OURS, "studies/pricing.yaml": narrower}
    )
    assert exposed(changed, lake, generation="2").state.input_digest != before.input_digest
    assert arms(lake)[2] == NOT_IN_STUDY


def test_a_missing_day_of_the_other_study_is_named(tmp_path: Path) -> None:
    catalog, _ = written(tmp_path / "whole")
    lake = Lake(tmp_path / "part")
    for day in DAYS[1:]:
        publish(lake, "exposures", day, [c for c in CONTACTS if c["exposed_at"].date().isoformat() == day])
    assert exposed(catalog, lake).state.facts["missing_days"] == {"trusted/exposures": ["2026-03-03"]}


def test_cells_are_kept_by_arm_of_the_other_study(tmp_path: Path) -> None:
    catalog, lake = written(tmp_path)
    for day in DAYS:
        publish(lake, "orders", day, [])
    exposed(catalog, lake)
    study = catalog.study("ranker_v2")
    for day in ("2026-03-08", "2026-03-09"):
        publish(lake, "orders", day, [])
    measure(study, LAST, lake=lake, engine=ENGINE, generation="1")
    cells = read_cells(lake.cells("ranker_v2"), ENGINE)
    counted = {
        (arm, value): cells.exposed(arm, (name, value)) for arm in study.arms for name, value in cells.segments()
    }
    assert counted == {
        ("control", "control"): 1, ("control", "treatment"): 1, ("control", NOT_IN_STUDY): 1,
        ("treatment", "control"): 1, ("treatment", "treatment"): 0, ("treatment", NOT_IN_STUDY): 2,
    }  # fmt: skip


def test_lineage_and_blast_radius_reach_the_other_studys_rows(tmp_path: Path) -> None:
    catalog, lake = written(tmp_path)
    study = catalog.study("ranker_v2")
    assert exposure_lineage(study)["segment_pricing"] == ((("trusted", "exposures"), "arm"),)
    lake.failures.record(Failed("raw/exposures", "2026-03-03", "OSError", "gone", "2026-03-04T03:00:00Z"))
    [found] = on_call(catalog, lake)
    assert found.studies == ("pricing", "ranker_v2")


def test_a_restated_day_of_the_other_study_makes_the_look_stale(tmp_path: Path) -> None:
    catalog, lake = written(tmp_path)
    workspace = replace(opened(tmp_path / "other"), catalog=catalog, lake=lake)
    for day in DAYS:
        publish(lake, "orders", day, [])
    for stage in STAGES.values():
        stage(workspace, catalog.study("ranker_v2"), date(2026, 3, 7))
    assert stale_studies(catalog, lake) == ()
    publish(lake, "exposures", "2026-03-03", [contact(4, "03-03 09:00", "pricing", "control")], generation="2")
    assert [stale.partition for stale in stale_studies(catalog, lake)] == ["ranker_v2"]


@pytest.mark.parametrize("day", ["2026-03-03", "2026-03-07"])
def test_days_outside_this_study_count_for_the_other(tmp_path: Path, day: str) -> None:
    """The other study began earlier and ends later than this one."""
    catalog, lake = written(tmp_path, [*CONTACTS, contact(5, f"{day[5:]} 23:00", "pricing", "treatment")])
    exposed(catalog, lake)
    assert arms(lake)[5] == "treatment"
