"""Samples of causal designs hold units as text: they are erased, and what was concluded from them stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from impact_pipeline.lake.byte_scan import scanned
from impact_pipeline.lake.sought import Sought
from impact_pipeline.stages.erase import erase
from impact_pipeline.stages.erasure_request import Request
from impact_pipeline.stages.replay import replay
from impact_pipeline.stages.staleness import due_or_stale, stale_studies
from impact_pipeline.stages.verify import verify
from impact_pipeline_tests.delivered_home import ENVIRON, GONE, pseudonym_of
from impact_pipeline_tests.small_shop import publish
from impact_pipeline_tests.stages import test_causal
from impact_pipeline_tests.stages.test_causal import DAYS, DID, LAST, ORDERS, PANEL, contacts, look, plan

UNIT = 7
"""A user who was exposed, and ordered every day."""

PSEUDONYM = pseudonym_of(GONE)


def test_a_panel_loses_the_unit_and_its_study_is_not_outdated(tmp_path: Path) -> None:
    given, study = test_causal.home(tmp_path, plan(DID, PANEL, more="decision: {ships_on_grade: C}\n"))
    workspace, exposed = replace(given, environ=ENVIRON, generation="2027"), contacts()
    for day in DAYS:
        for dataset, rows in (("orders", ORDERS[day]), ("exposures", exposed[day])):
            own = [{**row, "user_id": PSEUDONYM} if row["user_id"] == UNIT else row for row in rows]
            publish(workspace.lake, dataset, day, own, generation="2026-later")
    before = look(workspace, study)
    found = erase(workspace, Request("R-7", "user", (GONE,), "asked for it", "dpo"))
    table = f"study/cells/{study.name}"
    assert {name: found.tables[name] for name in ("trusted/orders", "trusted/exposures", table)} == {
        "trusted/orders": 10, "trusted/exposures": 1, table: 10,
    }  # fmt: skip
    assert scanned([tmp_path], Sought((GONE,), (PSEUDONYM,))).clean
    assert stale_studies(workspace.catalog, workspace.lake) == ()
    assert due_or_stale(workspace.catalog, workspace.lake, LAST) == ()
    assert verify(workspace.lake, None, "").faults == ()
    again = replay(workspace, study.name)
    assert (again.lawfully_reduced, again.reduced_by) == (True, 11)
    after = look(workspace, study)
    assert before.exposed_per_arm == {"treated": 25, "untreated": 35}
    assert after.exposed_per_arm == {"treated": 24, "untreated": 35}
