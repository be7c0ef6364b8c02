"""A run and an erasure never meet, whoever started the run."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from impact_pipeline.defs.night import operating
from impact_pipeline.defs.resources import WorkspaceResource
from impact_pipeline.errors import MaintenanceError
from impact_pipeline.lake.maintenance import Maintenance
from impact_pipeline_tests.small_shop import write_catalog


def ran(home: Path) -> bool:
    @dg.asset
    def tries_to_erase(workspace: WorkspaceResource) -> None:
        with pytest.raises(MaintenanceError), workspace.open().lake.maintenance.alone():
            raise AssertionError

    resources = {"workspace": WorkspaceResource(home=str(home))}
    return dg.materialize([tries_to_erase], resources=resources, raise_on_error=False).success


def test_no_erasure_begins_during_a_run_and_no_run_during_an_erasure(tmp_path: Path) -> None:
    write_catalog(tmp_path / "catalog")
    assert ran(tmp_path)
    with Maintenance(tmp_path / "lake").alone():
        assert not ran(tmp_path)
    assert ran(tmp_path)


def test_a_night_is_refused_before_it_begins(tmp_path: Path) -> None:
    write_catalog(tmp_path / "catalog")
    with (
        Maintenance(tmp_path / "lake").alone(),
        pytest.raises(MaintenanceError, match="an erasure is under way in this home"),
        operating(tmp_path),
    ):
        raise AssertionError
