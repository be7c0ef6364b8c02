from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from impact_pipeline.catalog.contract import SlaProperty
from impact_pipeline.cli.plan import LOOK_HOUR
from impact_pipeline.defs.automation import STUDIES_CRON
from impact_pipeline.lake.lake import Lake
from impact_pipeline.planning.lint import Remark, datasets_of, lint, on_freshness, on_plan
from impact_pipeline.planning.power_plan import plan_power
from impact_pipeline_tests.outcomes.shop_rows import fill, random_rows
from impact_pipeline_tests.planning.plans import shop_history, shop_study
from impact_pipeline_tests.small_shop import ENGINE, publish, write_catalog


def remarks(arrivals: tuple[int, ...] = (200,) * 7, **plan: Any) -> list[Remark]:
    study = shop_study(**plan)
    return list(on_plan(plan_power(study, shop_history(study, arrivals))))


def test_a_sound_plan_has_no_remark() -> None:
    assert remarks() == []


def test_a_rule_that_never_fires_is_a_fault() -> None:
    first, *_ = remarks(expected={"relative": 0.001})
    assert str(first) == "fault: the rule would hardly ever ship: a good change ships with a chance of 0.027"


def test_a_plan_without_units_is_a_fault() -> None:
    faults = [remark.told for remark in remarks((0,) * 7) if remark.level == "fault"]
    assert faults[0].startswith("the rule would never ship: ")
    assert any(told.startswith("guardrail metric 'tickets' cannot be judged: ") for told in faults)


def test_a_guardrail_that_traffic_cannot_judge_is_warned_of() -> None:
    told = [remark.told for remark in remarks(margin={"relative": 0.01})]
    assert any(one.startswith("guardrail 'tickets' can hardly be judged with this traffic") for one in told)


@pytest.mark.parametrize(("hours", "told"), [
    (None, ["warning: the contract of 'orders' promises no latency: nobody says when a day is whole; "
            "write one in its slaProperties"]),
    (4, []),
    (48, ["fault: the contract of 'orders' allows rows 48 hours after their day has ended, "
          "studies are looked at after 6: looks would miss them"]),
])  # fmt: skip
def test_a_contract_that_is_late_for_looks_is_a_fault(tmp_path: Path, hours: int | None, told: list[str]) -> None:
    plain = write_catalog(tmp_path / "catalog").contracts["orders"]
    promised = () if hours is None else (SlaProperty(property="latency", value=hours, unit="h"),)
    found = plain.model_copy(update={"slaProperties": promised})
    assert [str(remark) for remark in on_freshness(found, 6)] == told


def test_looks_are_as_late_as_the_schedule_says() -> None:
    assert f"0 {LOOK_HOUR:g} * * *" == STUDIES_CRON


def test_a_dataset_that_ends_before_others_is_warned_of(tmp_path: Path) -> None:
    lake, catalog = Lake(tmp_path), write_catalog(tmp_path / "catalog")
    study = catalog.study("ranker_v2")
    assert datasets_of(study) == ("exposures", "orders", "profiles")
    publish(lake, "exposures", "2026-03-05", [])
    publish(lake, "orders", "2026-03-03", [])
    told = [remark.told for remark in lint(study, lake=lake, engine=ENGINE, look_hour=6)]
    assert "dataset 'profiles' has no published day yet" in told
    ends = "dataset 'orders' ends on 2026-03-03, 2 days before others of the plan: windows that read it stay open"
    assert ends in told


def test_a_plan_is_held_against_the_past_in_the_lake(tmp_path: Path) -> None:
    catalog = write_catalog(tmp_path / "catalog")
    fill(Lake(tmp_path), catalog, random_rows(1))
    found = lint(catalog.study("ranker_v2"), lake=Lake(tmp_path), engine=ENGINE, look_hour=6)
    assert [remark.level for remark in found] == sorted(remark.level for remark in found)
    assert not any("is not known" in remark.told for remark in found)


def test_a_lake_without_a_past_leaves_it_open(tmp_path: Path) -> None:
    catalog = write_catalog(tmp_path / "catalog")
    found = lint(catalog.study("ranker_v2"), lake=Lake(tmp_path), engine=ENGINE, look_hour=6)
    assert {remark.level for remark in found} == {"warning"}
    assert any(remark.told.startswith("what the plan can show is not known: ") for remark in found)
