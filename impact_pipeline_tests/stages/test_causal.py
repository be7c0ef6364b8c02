"""Causal plans through every stage: the planted effect, fallbacks, and nothing read twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.decisions.base import Decision, Scorecard
from impact_pipeline.estimators.base import Estimate, NotEstimable, Reason
from impact_pipeline.outcomes.samples.read import read_samples
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.pages import study_body
from impact_pipeline.stages.staleness import stale_studies
from impact_pipeline.stages.study import STAGES
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.small_shop import ENGINE, publish
from impact_pipeline_tests.stages.causal_home import (
    ADOPTERS,
    DAYS,
    DID,
    LAST,
    ORDERS,
    PANEL,
    STARTS,
    USERS,
    amounts,
    contacts,
    home,
    look,
    plan,
)


@pytest.fixture(scope="module")
def panel_study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Study, Scorecard]:
    workspace, study = home(tmp_path_factory.mktemp("panel"), plan(DID, PANEL, more="decision: {ships_on_grade: C}\n"))
    return workspace, study, look(workspace, study)


def test_a_panel_of_the_lake_equals_a_count_by_hand(panel_study: tuple[Workspace, Study, Scorecard]) -> None:
    workspace, study, _ = panel_study
    panel = read_samples(study, LAST, lake=workspace.lake, engine=ENGINE).of(0, "plain")
    assert isinstance(panel, Panel)
    assert (len(panel.units), panel.periods) == (USERS, DAYS)
    found = panel.matrix(panel.outcome)
    by_hand = [amounts(int(unit)) for unit in panel.units]
    assert found.tolist() == by_hand
    starts = [STARTS if int(unit) < ADOPTERS else len(DAYS) for unit in panel.units]
    assert panel.treated_from.tolist() == starts


def test_the_planted_effect_ships_on_a_grade_that_the_plan_allowed(
    panel_study: tuple[Workspace, Study, Scorecard],
) -> None:
    card = panel_study[2]
    [result] = card.estimates.results
    assert isinstance(result, Estimate)
    assert result.interval.lower < 3 < result.interval.upper
    assert (card.verdict.decision, card.verdict.grade) == (Decision.SHIP, "C")
    assert card.verdict.next_step == "Keep ranker version 2, and give it to every user."
    assert card.exposed_per_arm == {"untreated": USERS - ADOPTERS, "treated": ADOPTERS}


def test_a_plan_that_ships_on_grade_b_names_the_grade_that_stops_it(tmp_path: Path) -> None:
    card = look(*home(tmp_path, plan(DID, PANEL)))
    assert (card.verdict.decision, card.verdict.grade) == (Decision.INCONCLUSIVE, "C")
    assert card.verdict.reasons[0] == "Evidence of grade C does not ship here: the plan ships on grade B or better."
    assert "ships_on_grade" in card.verdict.next_step


def test_the_page_shows_designs_pictures_and_what_checks_ask(
    panel_study: tuple[Workspace, Study, Scorecard],
) -> None:
    _, study, card = panel_study
    page = study_body(Look(card, study), (), None)
    assert "Designs in the order in which the plan declared them" in page
    assert page.count("<figure>") >= 2
    assert all(finding.asks for finding in card.findings)


def test_a_look_that_stands_is_not_measured_again_and_is_not_stale(
    panel_study: tuple[Workspace, Study, Scorecard],
) -> None:
    workspace, study, _ = panel_study
    outcome = STAGES["cells"](workspace, study, LAST)
    assert not outcome.written
    assert stale_studies(workspace.catalog, workspace.lake) == ()


def test_the_same_inputs_give_the_same_result(panel_study: tuple[Workspace, Study, Scorecard], tmp_path: Path) -> None:
    _, _, card = panel_study
    again = look(*home(tmp_path, plan(DID, PANEL, more="decision: {ships_on_grade: C}\n")))
    assert again.provenance.result_id == card.provenance.result_id


def test_a_restated_day_makes_the_look_stale(tmp_path: Path) -> None:
    workspace, study = home(tmp_path, plan(DID, PANEL))
    look(workspace, study)
    publish(workspace.lake, "orders", DAYS[2], ORDERS[DAYS[2]][:-1], generation="2")
    assert [stale.partition for stale in stale_studies(workspace.catalog, workspace.lake)] == ["ranker_v2"]
    look(workspace, study)
    assert stale_studies(workspace.catalog, workspace.lake) == ()


def test_a_sample_without_rows_is_a_result_with_its_reason(tmp_path: Path) -> None:
    workspace, study = home(tmp_path, plan(DID, PANEL))
    for day in DAYS:
        publish(workspace.lake, "orders", day, [], generation="2")
    [result] = look(workspace, study).estimates.results
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.EMPTY_ARM


def test_a_measure_without_a_finite_value_is_told(tmp_path: Path) -> None:
    workspace, study = home(tmp_path, plan(DID, PANEL, metrics="{metric: price, role: success}"))
    broken = [{**order, "items": 0} for order in ORDERS[DAYS[3]][:2]]
    publish(workspace.lake, "orders", DAYS[3], [*ORDERS[DAYS[3]][2:], *broken], generation="2")
    [result] = look(workspace, study).estimates.results
    assert isinstance(result, NotEstimable)
    assert (result.reason, result.detail[:6]) == (Reason.MEASURE_UNDEFINED, "2 rows")


def test_a_fallback_answers_in_the_study_graph(tmp_path: Path) -> None:
    one = {day: rows[:1] for day, rows in contacts().items()}
    text = plan(DID, PANEL, more="fallback:\n  - design: {type: synthetic_control}\n")
    workspace, study = home(tmp_path, text, one)
    card = look(workspace, study)
    assert card.estimates.causal is not None
    first, second = card.estimates.causal.attempts
    assert (first.design, first.answers, second.design, second.answers) == (
        "difference_in_differences", False, "synthetic_control", True,
    )  # fmt: skip
