"""A run whose process was killed ends as failed and blocks nobody; a run that lives is left alone."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from impact_pipeline.defs.left_runs import OPERATOR_TAG, present

POOL = "lake_orders"
KILLED = """
import os, signal, sys
from pathlib import Path
import dagster as dg
from impact_pipeline.defs.left_runs import OPERATOR_TAG, present

@dg.asset(pool="lake_orders")
def orders():
    os.kill(os.getpid(), signal.SIGKILL)

folder = Path(sys.argv[1])
with dg.DagsterInstance.from_config(str(folder)) as instance, present(instance, folder) as name:
    dg.materialize([orders], instance=instance, tags={OPERATOR_TAG: name})
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster.yaml").write_text("concurrency: {pools: {default_limit: 1, granularity: op}}\n")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


@pytest.fixture
def killed(instance: dg.DagsterInstance, tmp_path: Path) -> dg.DagsterRun:
    """A run that stands started and holds a place, of a process that is no more."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    (run,) = instance.get_runs()
    assert (run.status, claimed(instance)) == (dg.DagsterRunStatus.STARTED, {run.run_id})
    return run


def claimed(instance: dg.DagsterInstance) -> set[str]:
    return {slot.run_id for slot in instance.event_log_storage.get_concurrency_info(POOL).claimed_slots}


@pytest.mark.usefixtures("killed")
def test_a_killed_processs_run_is_ended_and_gives_back_its_place(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    with present(instance, tmp_path):
        assert instance.get_runs()[0].status == dg.DagsterRunStatus.FAILURE
        assert claimed(instance) == set()
        assert len(list(tmp_path.glob("*.operator"))) == 1
    assert list(tmp_path.glob("*.operator")) == []


def test_a_place_is_given_back_though_the_clean_up_was_killed_after_it_ended_the_run(
    instance: dg.DagsterInstance, tmp_path: Path, killed: dg.DagsterRun
) -> None:
    instance.report_run_failed(killed, "ended by a process that was killed before it gave the place back")
    assert claimed(instance) == {killed.run_id}
    with present(instance, tmp_path):
        assert claimed(instance) == set()


def test_runs_of_a_living_operator_are_left_alone(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    @dg.asset(pool=POOL)
    def orders() -> None:
        with present(instance, tmp_path) as other:
            assert other != name
            assert instance.get_runs()[0].status == dg.DagsterRunStatus.STARTED
            assert len(claimed(instance)) == 1

    with present(instance, tmp_path) as name:
        assert dg.materialize([orders], instance=instance, tags={OPERATOR_TAG: name}).success
