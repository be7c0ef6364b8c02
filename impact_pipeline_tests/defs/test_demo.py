from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.defs.demo import register_plans
from impact_pipeline.governance.standing import Standing, standing_of
from impact_pipeline_tests.catalog.test_schemas import BUNDLED


def test_the_bundled_plans_are_bound_once(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED, tmp_path / "catalog")
    catalog, told = read_catalog(tmp_path / "catalog"), list[str]()
    for _ in range(2):
        register_plans(tmp_path, catalog, told.append, before=date(2019, 11, 24))
    counts = [len(catalog.plans), 0]
    assert told == [f"{n} plans registered in {tmp_path / 'ledger' / 'ledger.jsonl'}" for n in counts]
    standings = {standing_of(study, tmp_path, study.plan.starts) for study in map(catalog.study, catalog.plans)}
    assert standings == {Standing((), ("registered on a simulated clock, by demo",))}
