"""Causal plans through every stage: samples equal a count by hand, fallbacks answer, and nothing is read twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.decisions.base import Decision, Scorecard
from impact_pipeline.estimators.base import Estimate, NotEstimable, Reason
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.samples.read import read_samples
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.pages import study_body
from impact_pipeline.stages.staleness import stale_studies
from impact_pipeline.stages.study import STAGES, current_scorecard
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline.stats.samples.series import Series
from impact_pipeline_tests.registered import register_all
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog
from impact_pipeline_tests.stages.small_workspace import opened

FIRST = date(2026, 3, 4)
DAYS = tuple((FIRST + timedelta(days=n)).isoformat() for n in range(10))
LAST = FIRST + timedelta(days=9)
USERS, ADOPTERS, STARTS = 60, 25, 5
RANDOMISED = "design: {type: randomized, arms: {control: 0.5, treatment: 0.5}, control: control}\n"
METRICS = document("studies/ranker_v2.yaml").split("metrics:")[1].split("segments:")[0]
PLAIN = (
    document("metrics/revenue.yaml")
    .replace("name: revenue", "name: plain")
    .replace("covariates: [revenue_before]\n", "")
    .replace("{days: 3}", "{days: 1}")
)
PER_ORDER = document("metrics/late_revenue_per_order.yaml").replace("late_revenue_per_order", "per_order")


def plan(design: str, sample: str, metrics: str = "{metric: plain, role: success}", more: str = "") -> str:
    """The shop's plan with a causal design."""
    return (
        document("studies/ranker_v2.yaml")
        .replace(RANDOMISED, f"design: {design}\nsample: {sample}\n")
        .replace(METRICS, f"\n  - {metrics}\n")
        .replace("ends: 2026-03-06", f"ends: {LAST}")
        .split("segments:")[0]
        + more
    )  # fmt: skip


PANEL = "{type: panel, treatment: treatment}"
DID = "{type: difference_in_differences}"


def orders() -> dict[str, list[dict[str, Any]]]:
    """Each user's orders by day; adopters order for 3 more a day from the day of their start on."""
    rng = np.random.default_rng(8)
    level = rng.gamma(6, 1, USERS)
    found: dict[str, list[dict[str, Any]]] = {day: [] for day in DAYS}
    for user in range(USERS):
        for number, day in enumerate(DAYS):
            extra = 3.0 if user < ADOPTERS and number >= STARTS else 0.0
            amount = round(float(max(0.5, level[user] + extra + rng.normal(0, 0.8))), 2)
            order = {"user_id": user, "ordered_at": at(f"{day[5:]} 12:00"), "amount": Decimal(str(amount))}
            found[day].append({**order, "items": 1 + user % 3, "channel": "web" if number % 2 else "app"})
    return found


ORDERS = orders()


def contacts(arm: str = "treatment") -> dict[str, list[dict[str, Any]]]:
    started = [
        {"user_id": u, "exposed_at": at(f"{DAYS[STARTS][5:]} 09:00"), "arm": arm, "device": "x"}
        for u in range(ADOPTERS)
    ]
    return {day: started if day == DAYS[STARTS] else [] for day in DAYS}


def home(folder: Path, text: str, exposed: dict[str, list[dict[str, Any]]] | None = None) -> tuple[Workspace, Study]:
    changes = {"studies/ranker_v2.yaml": text, "metrics/plain.yaml": PLAIN, "metrics/per_order.yaml": PER_ORDER}
    catalog = write_catalog(folder / "catalog", fold="direct", changes=changes)
    register_all(folder, catalog)
    workspace = replace(opened(folder / "other"), catalog=catalog, lake=Lake(folder))
    for day in DAYS:
        publish(workspace.lake, "exposures", day, (exposed or contacts())[day])
        publish(workspace.lake, "orders", day, ORDERS[day])
    return workspace, catalog.study("ranker_v2")


def look(workspace: Workspace, study: Study, as_of: date = LAST) -> Scorecard:
    for stage in STAGES.values():
        stage(workspace, study, as_of)
    return current_scorecard(workspace.lake, study.name)


def sample(workspace: Workspace, study: Study, metric: str = "plain", as_of: date = LAST) -> Any:
    look(workspace, study, as_of)
    return read_samples(study, as_of, lake=workspace.lake, engine=ENGINE).of(0, metric)


@pytest.fixture(scope="module")
def panel_study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Study, Scorecard]:
    workspace, study = home(tmp_path_factory.mktemp("panel"), plan(DID, PANEL, more="decision: {ships_on_grade: C}\n"))
    return workspace, study, look(workspace, study)


def amounts(user: int) -> list[float]:
    return [sum(float(o["amount"]) for o in ORDERS[day] if o["user_id"] == user) for day in DAYS]


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


def test_an_early_look_sees_complete_periods_only(tmp_path: Path) -> None:
    panel = sample(*home(tmp_path, plan(DID, PANEL)), as_of=FIRST + timedelta(days=6))
    assert panel.periods == DAYS[:7]


def test_weeks_that_are_not_over_are_left_out(tmp_path: Path) -> None:
    panel = sample(*home(tmp_path, plan(DID, "{type: panel, treatment: treatment, period: week}")))
    assert panel.periods == ("2026-03-09",) if isinstance(panel, Panel) else panel.reason == "empty_arm"


def test_a_ratio_is_read_by_unit_and_period(tmp_path: Path) -> None:
    study = plan(DID, PANEL, metrics="{metric: per_order, role: success}")
    panel = sample(*home(tmp_path, study), metric="per_order")
    assert panel.matrix(panel.outcome)[panel.units.index("4")].tolist() == amounts(4)


def test_missing_periods_are_zero_or_missing_as_the_plan_says(tmp_path: Path) -> None:
    thinned = {day: [o for o in ORDERS[day] if not (o["user_id"] == 3 and day == DAYS[1])] for day in DAYS}
    for absent, rows in (("zero", USERS * 10), ("missing", USERS * 10 - 1)):
        workspace, study = home(
            tmp_path / absent, plan(DID, f"{{type: panel, treatment: treatment, absent: {absent}}}")
        )
        publish(workspace.lake, "orders", DAYS[1], thinned[DAYS[1]], generation="2")
        assert len(sample(workspace, study)) == rows


def test_a_series_adds_all_units_up(tmp_path: Path) -> None:
    text = plan("{type: interrupted_time_series, season: none}", f"{{type: series, starts: {DAYS[STARTS]}}}")
    series = sample(*home(tmp_path, text))
    assert isinstance(series, Series)
    assert series.outcome.tolist() == pytest.approx([sum(amounts(u)[n] for u in range(USERS)) for n in range(10)])
    assert (series.starts, series.periods) == (STARTS, DAYS)


def everybody() -> dict[str, list[dict[str, Any]]]:
    """Each user meets one of two arms on the first day."""
    rows = [
        {"user_id": u, "exposed_at": at(f"{DAYS[0][5:]} 09:00"), "arm": ("old", "new")[u % 2], "device": str(u % 7)}
        for u in range(USERS)
    ]
    return {day: rows if day == DAYS[0] else [] for day in DAYS}


CASES = "CASE WHEN device = '1' THEN 1 WHEN device = '2' THEN 2 ELSE 0 END"


def test_a_cross_section_joins_what_was_known_to_what_came_of_it(tmp_path: Path) -> None:
    covariates = f'covariates: ["{CASES}"]'
    text = plan("{type: observational}", f"{{type: cross_section, treatment: new, {covariates}}}")
    section = sample(*home(tmp_path, text, everybody()))
    assert isinstance(section, CrossSection)
    assert len(section) == USERS
    assert sorted(section.outcome.tolist()) == sorted(amounts(u)[0] for u in range(USERS))
    assert section.treatment.sum() == USERS / 2
    assert set(section.covariates[CASES].tolist()) == {0.0, 1.0, 2.0}


def test_a_dose_is_an_amount_and_all_its_units_count_as_treated(tmp_path: Path) -> None:
    text = plan(
        "{type: instrumental_variables}", f'{{type: cross_section, dose: "{CASES}", instruments: ["{CASES} + 1"]}}'
    )
    workspace, study = home(tmp_path, text, everybody())
    card = look(workspace, study)
    section = read_samples(study, LAST, lake=workspace.lake, engine=ENGINE).of(0, "plain")
    assert set(section.treatment.tolist()) == {0.0, 1.0, 2.0}
    assert card.exposed_per_arm == {"untreated": 0, "treated": USERS}


def test_a_contact_without_an_arm_does_not_hide_the_one_with_it(tmp_path: Path) -> None:
    exposed = everybody()
    before = [{**row, "arm": None, "exposed_at": at(f"{DAYS[0][5:]} 08:00")} for row in exposed[DAYS[0]][:5]]
    exposed[DAYS[0]] = [*before, *exposed[DAYS[0]]]
    text = plan("{type: observational}", "{type: cross_section, treatment: new}")
    assert len(sample(*home(tmp_path, text, exposed))) == USERS


def test_logged_decisions_take_the_arm_as_their_action(tmp_path: Path) -> None:
    chance = "CASE WHEN arm = 'new' THEN 0.25 ELSE 0.75 END"
    sample_text = f'{{type: logged_decisions, propensity: "{chance}", target_policy: uniform}}'
    log = sample(*home(tmp_path, plan("{type: off_policy_evaluation}", sample_text), everybody()))
    assert isinstance(log, LoggedDecisions)
    assert log.actions == ("new", "old")
    assert set(zip(log.action.tolist(), log.propensity.tolist(), strict=True)) == {(0, 0.25), (1, 0.75)}
    assert set(log.target.tolist()) == {0.5}


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
