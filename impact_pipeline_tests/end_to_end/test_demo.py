"""The whole demo: its plans bind, its current results replay years later, and all of it is as it was recorded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from impact_pipeline.defs.demo import run_demo
from impact_pipeline.governance.examination import examined
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline.stages.verify import verify
from impact_pipeline_tests.end_to_end.company import ROOT
from impact_pipeline_tests.end_to_end.test_replay import replayed, with_code
from impact_pipeline_tests.small_shop import ENGINE

REAL = ("open_bandit", "published_studies")


@pytest.mark.slow
def test_the_demo_binds_replays_and_holds(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data" / "catalog", tmp_path / "catalog")
    for name in REAL:
        shutil.copytree(ROOT / "data" / "raw" / name, tmp_path / "raw" / name)
    catalog, _ = run_demo(with_code(tmp_path), threads=2, tell=lambda line: None)
    found = replayed(tmp_path)
    assert found == dict.fromkeys(catalog.plans, (True,))
    exploratory = {name: current_scorecard(Lake(tmp_path), name).verdict.exploratory for name in found}
    assert exploratory == dict.fromkeys(catalog.plans, ())
    assert verify(Lake(tmp_path), None, ENGINE.name).faults == ()
    assert examined(Ledger(tmp_path), ()).fault is None
    assert all(entry.simulated for entry in Ledger(tmp_path).entries())
