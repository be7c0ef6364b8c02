"""Runs go beside each other, an erasure alone, and half an erasure keeps runs out."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.errors import MaintenanceError
from impact_pipeline.lake.maintenance import Maintenance


def test_runs_go_beside_each_other(tmp_path: Path) -> None:
    with Maintenance(tmp_path).running(), Maintenance(tmp_path).running():
        assert Maintenance(tmp_path).begun() is None


def test_no_erasure_begins_while_a_run_is_under_way(tmp_path: Path) -> None:
    with (
        Maintenance(tmp_path).running(),
        pytest.raises(MaintenanceError, match="a night, a run or another erasure is under way in this home"),
        Maintenance(tmp_path).alone(),
    ):
        raise AssertionError


def test_no_run_and_no_other_erasure_begins_during_one(tmp_path: Path) -> None:
    with Maintenance(tmp_path).alone():
        with (
            pytest.raises(MaintenanceError, match="an erasure is under way in this home; wait until it has ended"),
            Maintenance(tmp_path).running(),
        ):
            raise AssertionError
        with pytest.raises(MaintenanceError, match="another erasure"), Maintenance(tmp_path).alone():
            raise AssertionError


def test_half_an_erasure_keeps_runs_out_until_it_has_ended(tmp_path: Path) -> None:
    Maintenance(tmp_path).begin({"request": "R-7"})
    with (
        pytest.raises(MaintenanceError, match="erasure 'R-7' was interrupted: run the same `impact erase` again"),
        Maintenance(tmp_path).running(),
    ):
        raise AssertionError
    with Maintenance(tmp_path).alone():
        Maintenance(tmp_path).end()
    with Maintenance(tmp_path).running():
        assert Maintenance(tmp_path).begun() is None
