from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from impact_pipeline.catalog.designs import StagedRolloutDesign
from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.errors import InputError
from impact_pipeline.world.config import DEMO_WORLD, SMALL_WORLD
from impact_pipeline.world.documents import PLANTED_NAMES, write_catalog
from impact_pipeline.world.studies import STUDIES
from impact_pipeline.world.truths import READINGS

BUNDLED = Path(__file__).parents[2] / "data" / "catalog"


def test_every_planted_study_has_a_plan_with_its_dates_and_shares() -> None:
    catalog = read_catalog(BUNDLED)
    for study in STUDIES:
        plan = catalog.plans[study.name]
        assert (plan.starts, plan.ends) == (DEMO_WORLD.exposure_starts, DEMO_WORLD.exposure_ends)
        phases = plan.design.phases if isinstance(plan.design, StagedRolloutDesign) else ()
        arms = [phase.arms for phase in phases] or [plan.design.arms]
        assert [shares["treatment"] for shares in arms] == [phase.treated for phase in study.phases]
        assert [p.starts for p in phases] == [DEMO_WORLD.phase_starts(p.begins) for p in study.phases][: len(phases)]


def test_readings_agree_with_the_windows_of_the_metrics() -> None:
    metrics = read_catalog(BUNDLED).metrics
    windows = {name: (metrics[name].window.start_day, metrics[name].window.days) for name in READINGS}
    assert windows == {name: (reading.start_day, reading.days) for name, reading in READINGS.items()}


def test_the_last_window_closes_on_the_demo_worlds_last_day() -> None:
    catalog = read_catalog(BUNDLED)
    assert max(catalog.study(name).planned_look for name in PLANTED_NAMES) == DEMO_WORLD.last_day


def test_a_catalog_for_the_demo_world_is_the_bundled_one(tmp_path: Path) -> None:
    write_catalog(BUNDLED, tmp_path, DEMO_WORLD)
    written = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.yaml")}
    assert written == {path: (BUNDLED / path).read_text() for path in written}
    assert set(read_catalog(tmp_path).studies) == set(PLANTED_NAMES)


def test_dates_move_with_the_world(tmp_path: Path) -> None:
    catalog = read_catalog(write_catalog(BUNDLED, tmp_path, SMALL_WORLD))
    ramp = catalog.plans["reco_ramp"]
    assert (ramp.starts, ramp.ends) == (date(2026, 3, 5), date(2026, 3, 7))
    assert isinstance(ramp.design, StagedRolloutDesign)
    assert [phase.starts for phase in ramp.design.phases] == [date(2026, 3, 5), date(2026, 3, 6)]


def test_only_what_the_named_studies_rest_on_is_copied(tmp_path: Path) -> None:
    catalog = read_catalog(write_catalog(BUNDLED, tmp_path, SMALL_WORLD, ["fraud_ratio"]))
    assert catalog.studies == ("fraud_ratio",)
    assert sorted(catalog.models) == ["fraud_score"]
    assert "open_bandit_impressions" not in catalog.datasets


def test_an_unknown_study_and_a_study_without_a_plan_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no study 'nope' is planted"):
        write_catalog(BUNDLED, tmp_path, SMALL_WORLD, ["nope"])
    some = write_catalog(BUNDLED, tmp_path / "some", SMALL_WORLD, ["search_aa"])
    with pytest.raises(InputError) as raised:
        write_catalog(some, tmp_path / "more", SMALL_WORLD, ["ranker_v7"])
    assert str(raised.value) == "world: study 'ranker_v7' has no plan in some/studies; add it, or leave it out"


def test_a_segment_by_a_study_goes_with_that_study(tmp_path: Path) -> None:
    alone = read_catalog(write_catalog(BUNDLED, tmp_path / "alone", SMALL_WORLD, ["pricing_harm"]))
    both = read_catalog(write_catalog(BUNDLED, tmp_path / "both", SMALL_WORLD, ["pricing_harm", "fraud_ratio"]))
    assert alone.study("pricing_harm").other_studies == {}
    assert list(both.study("pricing_harm").other_studies) == ["fraud_ratio"]
    assert list(both.study("fraud_ratio").other_studies) == ["pricing_harm"]
