"""Samples that stand published equal a count by hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impact_pipeline.estimators.base import Estimate
from impact_pipeline.outcomes.samples.read import read_samples
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline.stats.samples.series import Series
from impact_pipeline_tests.small_shop import ENGINE, at, publish
from impact_pipeline_tests.stages.causal_home import (
    CASES,
    DAYS,
    DID,
    FIRST,
    LAST,
    ORDERS,
    PANEL,
    STARTS,
    USERS,
    amounts,
    everybody,
    home,
    look,
    plan,
    sample,
)


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


def test_a_cross_section_joins_what_was_known_to_what_came_of_it(tmp_path: Path) -> None:
    covariates = f'covariates: ["{CASES}"]'
    text = plan("{type: observational}", f"{{type: cross_section, treatment: new, {covariates}}}")
    section = sample(*home(tmp_path, text, everybody()))
    assert isinstance(section, CrossSection)
    assert len(section) == USERS
    assert sorted(section.outcome.tolist()) == sorted(amounts(u)[0] for u in range(USERS))
    assert section.treatment.sum() == USERS / 2
    assert set(section.covariates[CASES].tolist()) == {0.0, 1.0, 2.0}


def together(panel_or_section: Any) -> set[int]:
    """Sizes of clusters, in rows."""
    return set(np.bincount(panel_or_section.cluster).tolist())


def test_units_of_a_cross_section_share_the_cluster_of_their_first_contact(tmp_path: Path) -> None:
    weights = "CASE WHEN device = '1' THEN 2 ELSE 1 END"
    text = plan(
        "{type: observational, estimator: regression_adjustment}",
        f'{{type: cross_section, treatment: new, cluster: device, weights: "{weights}"}}',
    )
    workspace, study = home(tmp_path, text, everybody())
    card = look(workspace, study)
    section = read_samples(study, LAST, lake=workspace.lake, engine=ENGINE).of(0, "plain")
    sizes = {sum(u % 7 == device for u in range(USERS)) for device in range(7)}
    assert together(section) == sizes
    assert sorted(section.weights.tolist()) == sorted(2.0 if u % 7 == 1 else 1.0 for u in range(USERS))
    [result] = card.estimates.results
    assert isinstance(result, Estimate)


def test_a_weight_that_is_not_above_0_is_refused(tmp_path: Path) -> None:
    text = plan("{type: observational}", '{type: cross_section, treatment: new, weights: "0"}')
    found = sample(*home(tmp_path, text, everybody()))
    assert found == Refusal("measure_undefined", "some units have a weight that is not above 0; mend the expression")


def test_scores_of_units_that_lack_another_number_still_tell_of_the_density(tmp_path: Path) -> None:
    exposed = everybody()
    exposed[DAYS[0]][5]["device"] = None
    covariate = "CASE WHEN device = '1' THEN 1 WHEN device <> '1' THEN 0 END"
    text = plan(
        "{type: regression_discontinuity, cutoff: 3}",
        f'{{type: cross_section, treatment: new, score: "{CASES}", covariates: ["{covariate}"]}}',
    )
    section = sample(*home(tmp_path, text, exposed))
    assert (len(section), len(section.every_score)) == (USERS - 1, USERS)


def test_units_of_a_panel_share_the_cluster_that_their_rows_name(tmp_path: Path) -> None:
    panel = sample(*home(tmp_path, plan(DID, PANEL.replace("}", ", cluster: items}"))))
    assert together(panel) == {USERS // 3 * len(DAYS)}
    assert {len({int(panel.units[u]) % 3 for u in panel.unit[panel.cluster == c]}) for c in range(3)} == {1}


def test_a_unit_of_two_clusters_is_refused(tmp_path: Path) -> None:
    panel = sample(*home(tmp_path, plan(DID, PANEL.replace("}", ", cluster: channel}"))))
    told = f"{USERS} units change their cluster; name a column that says one thing of a unit"
    assert panel == Refusal("mixed_clusters", told)


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
    sample_text = f'{{type: logged_decisions, propensity: "{chance}", target_policy: uniform, cluster: device}}'
    log = sample(*home(tmp_path, plan("{type: off_policy_evaluation}", sample_text), everybody()))
    assert isinstance(log, LoggedDecisions)
    assert log.actions == ("new", "old")
    assert set(zip(log.action.tolist(), log.propensity.tolist(), strict=True)) == {(0, 0.25), (1, 0.75)}
    assert set(log.target.tolist()) == {0.5}
    assert len(together(log)) == len({sum(u % 7 == device for u in range(USERS)) for device in range(7)})
