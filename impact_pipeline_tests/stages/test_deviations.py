"""What is done otherwise than registered is listed on every report of the study, and no verdict rests on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.decisions.base import Decision, Scorecard, Verdict
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.governance.registration import Registry
from impact_pipeline.lake.lake import Lake
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.markdown import summary
from impact_pipeline.reports.pages import study_body
from impact_pipeline.stages.restated import Decided
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline.stages.workspace import Workspace, generation_of
from impact_pipeline_tests.hostile.test_governance import PLAN, better, loaded, verdict
from impact_pipeline_tests.hostile.visits_home import (
    DAY,
    LAST,
    NOW,
    STUDY,
    deliver,
    load,
    look,
    opened,
    write_documents,
)

FILE = "studies/shorter_page.yaml"
ORDERS = "metrics/visits_per_user.yaml"
ADDED = (
    "type: mean\nname: visits_per_user\nversion: 1\nowner: team:web\ndescription: test\nlabel: Visits\nunit: visit\n"
    "better: higher\nvalue: {fact: visits, measure: visits}\nwindow: {days: 1}\n"
)


def half_way(home: Path) -> Workspace:
    """One of two days looked at."""
    workspace = loaded(opened(home), DAY)
    look(workspace, DAY)
    return loaded(workspace, LAST)


def changed(home: Path, old: str, new: str, **added: str) -> Workspace:
    """The same home with its plan edited and amended the day after."""
    assert old in PLAN
    write_documents(
        home, {FILE: PLAN.replace(old, new), **{f"metrics/{name}.yaml": text for name, text in added.items()}}
    )
    catalog = read_catalog(home / "catalog")
    Registry(home, "ada", datetime(2026, 3, 7, tzinfo=UTC)).amend(catalog.study(STUDY), "on second thoughts")
    return Workspace(catalog, Lake(home), DuckDBEngine(threads=1), {}, generation_of(NOW), NOW)


def reports(workspace: Workspace) -> tuple[str, str]:
    """The study's page, and its summary in the UI."""
    card: Scorecard = current_scorecard(workspace.lake, STUDY)
    shown = Look(card, workspace.catalog.study(STUDY))
    return study_body(shown, (), None).replace("&gt;", ">"), summary(shown).replace("\\", "").replace("&gt;", ">")


def decides_nothing(found: Verdict) -> bool:
    return (found.decision, found.would_be, found.final) == (Decision.HOLD, Decision.SHIP, False)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("alpha: 0.05", "alpha: 0.2", "alpha changed: 0.05 -> 0.2"),
        ("ends: 2026-03-06", "ends: 2026-03-07", "dates moved: ends 2026-03-06 -> 2026-03-07"),
        (
            "  - {metric: revenue, role: success}\n",
            "  - {metric: revenue, role: success}\n  - {metric: visits_per_user, role: success}\n",
            "metric added: visits_per_user (success)",
        ),
    ],
)
def test_what_feeds_the_verdict_is_told_everywhere_and_decides_nothing(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    half_way(tmp_path)
    workspace = changed(tmp_path, old, new, visits_per_user=ADDED)
    look(workspace, LAST + timedelta(days=1))
    found = current_scorecard(workspace.lake, STUDY).verdict
    assert f"plan amended after the first look: {told}" in found.exploratory
    assert not found.final
    assert found.decision is Decision.HOLD
    for text in reports(workspace):
        assert told in text


def test_a_metric_that_is_added_to_explore_is_told_everywhere_and_changes_no_verdict(tmp_path: Path) -> None:
    half_way(tmp_path)
    workspace = changed(
        tmp_path, "segments:", "  - {metric: visits_per_user, role: exploratory}\nsegments:", visits_per_user=ADDED
    )
    found = verdict(workspace)
    assert (found.decision, found.final) == (Decision.SHIP, True)
    assert "amended after the first look: metric added: visits_per_user (exploratory)" in found.deviations
    assert all("metric added: visits_per_user (exploratory)" in text for text in reports(workspace))


def test_an_early_look_says_so_everywhere_and_decides_nothing(tmp_path: Path) -> None:
    workspace = loaded(opened(tmp_path), DAY)
    look(workspace, DAY)
    found = current_scorecard(workspace.lake, STUDY).verdict
    assert (found.decision, found.final) == (Decision.HOLD, False)
    assert found.reasons == ("The planned look is on 2026-03-06.",)
    assert all("Interim look: the planned look is on 2026-03-06" in text for text in reports(workspace))


def restated(workspace: Workspace, arm: str, more: float) -> Workspace:
    """The second day delivered again an hour later, with more revenue of an arm."""
    now = NOW + timedelta(hours=1)
    later = replace(workspace, now=now, generation=generation_of(now))
    rows = better(LAST)
    moved = pc.if_else(pc.equal(rows["arm"], arm), pc.add(rows["revenue"], pa.scalar(more)), rows["revenue"])
    deliver(later, rows.set_column(rows.schema.get_field_index("revenue"), "revenue", moved), LAST)
    assert load(later, LAST) == ""
    return later


def test_a_restatement_that_leaves_the_verdict_is_told_everywhere(tmp_path: Path) -> None:
    workspace = loaded(opened(tmp_path))
    before = verdict(workspace)
    later = restated(workspace, "treatment", 1.0)
    found = verdict(later)
    [told] = found.deviations
    assert (before.decision, found.decision, found.final, before.deviations) == (Decision.SHIP, Decision.SHIP, True, ())
    assert told.startswith(
        "data restated after the look that decided (ship): trusted/visits 2026-03-06; Revenue per user: +"
    )
    assert told.endswith(" pp")
    assert all("data restated after the look that decided" in text for text in reports(later))


def test_what_moved_is_not_told_where_an_erasure_had_its_part(tmp_path: Path) -> None:
    workspace = loaded(opened(tmp_path))
    verdict(workspace)
    before = current_scorecard(workspace.lake, STUDY)
    verdict(restated(workspace, "treatment", 1.0))
    now, study = current_scorecard(workspace.lake, STUDY), workspace.catalog.study(STUDY)
    told, untold = (
        Decided(before, ("trusted/visits 2026-03-06",), reduced).told(study, now) for reduced in (False, True)
    )
    assert untold == "data restated after the look that decided (ship): trusted/visits 2026-03-06"
    assert told.startswith(f"{untold}; Revenue per user: +")


def test_a_restatement_does_not_turn_a_verdict(tmp_path: Path) -> None:
    workspace = loaded(opened(tmp_path))
    assert verdict(workspace).decision is Decision.SHIP
    later = restated(workspace, "control", 40.0)
    found = verdict(later)
    [why] = found.exploratory
    assert why.startswith("data restated after the look that decided (ship): trusted/visits 2026-03-06")
    assert (found.decision, found.would_be, found.final) == (Decision.HOLD, Decision.INCONCLUSIVE, False)
    assert all("data restated after the look that decided" in text for text in reports(later))


def test_the_data_as_they_were_restore_the_verdict(tmp_path: Path) -> None:
    workspace = loaded(opened(tmp_path))
    before = verdict(workspace)
    verdict(restated(workspace, "control", 40.0))
    now = NOW + timedelta(hours=2)
    back = replace(workspace, now=now, generation=generation_of(now))
    deliver(back, better(LAST), LAST)
    assert load(back, LAST) == ""
    assert verdict(back) == before
