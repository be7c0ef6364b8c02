"""The day before which a plan must be registered, by its design."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from impact_pipeline.stages.effect_start import effect_start
from impact_pipeline_tests.small_shop import ENGINE
from impact_pipeline_tests.stages.causal_home import DAYS, DID, FIRST, PANEL, STARTS, contacts, home, look, plan
from impact_pipeline_tests.stages.small_workspace import opened

SERIES = "{type: series, starts: 2026-03-08}"
STEP = "{type: interrupted_time_series, season: none}"
LOGGED = "{type: logged_decisions, propensity: '0.5', target_policy: uniform}"
POLICY = "{type: off_policy_evaluation}"


def test_randomised_units_carry_the_effect_from_the_plans_start_on(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    assert effect_start(workspace.catalog.study("ranker_v2"), workspace.lake, ENGINE) == date(2026, 3, 4)


def test_a_series_names_the_day_itself(tmp_path: Path) -> None:
    workspace, study = home(tmp_path, plan(STEP, SERIES))
    assert effect_start(study, workspace.lake, ENGINE) == date(2026, 3, 8)


def test_a_panel_carries_it_from_its_first_treated_contact_on(tmp_path: Path) -> None:
    workspace, study = home(tmp_path, plan(DID, PANEL))
    assert effect_start(study, workspace.lake, ENGINE) is None
    look(workspace, study)
    assert effect_start(study, workspace.lake, ENGINE) == FIRST + timedelta(days=STARTS)


def test_contacts_with_another_arm_do_not_begin_it(tmp_path: Path) -> None:
    before = [{**row, "user_id": 1000 + row["user_id"], "arm": "other"} for row in contacts()[DAYS[STARTS]]]
    moved = [{**row, "exposed_at": row["exposed_at"] - timedelta(days=2)} for row in before]
    exposed = {**contacts(), DAYS[STARTS - 2]: moved}
    workspace, study = home(tmp_path, plan(DID, PANEL), exposed)
    look(workspace, study)
    assert effect_start(study, workspace.lake, ENGINE) == FIRST + timedelta(days=STARTS)


def test_a_log_carries_it_from_its_first_decision_on(tmp_path: Path) -> None:
    workspace, study = home(tmp_path, plan(POLICY, LOGGED))
    look(workspace, study)
    assert effect_start(study, workspace.lake, ENGINE) == FIRST + timedelta(days=STARTS)


@pytest.mark.parametrize(("first_day", "began"), [("2026-03-01", "2026-03-08"), ("2026-03-20", "2026-03-20")])
def test_outcomes_cannot_be_read_before_they_are_delivered(tmp_path: Path, first_day: str, began: str) -> None:
    workspace, study = home(tmp_path, plan(STEP, SERIES))
    source = study.catalog.sources["shop"].model_copy(update={"first_day": date.fromisoformat(first_day)})
    later = replace(study, catalog=replace(study.catalog, sources={"shop": source}))
    assert effect_start(later, workspace.lake, ENGINE) == date.fromisoformat(began)
