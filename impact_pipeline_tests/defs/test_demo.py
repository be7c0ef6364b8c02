from __future__ import annotations

import shutil
from pathlib import Path

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.defs.demo import register_plans
from impact_pipeline.governance.standing import BINDING, standing_of
from impact_pipeline_tests.catalog.test_schemas import BUNDLED


def test_the_bundled_plans_are_bound_once(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED, tmp_path / "catalog")
    catalog, told = read_catalog(tmp_path / "catalog"), list[str]()
    register_plans(tmp_path, catalog, told.append)
    register_plans(tmp_path, catalog, told.append)
    counts = [len(catalog.plans), 0]
    assert told == [f"{n} plans registered in {tmp_path / 'ledger' / 'ledger.jsonl'}" for n in counts]
    assert {standing_of(catalog.study(name), tmp_path) for name in catalog.plans} == {BINDING}
