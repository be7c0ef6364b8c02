"""Runs whose process was killed: ended as failed, and their places in pools given back.

Dagster's daemon watches the runs that it launched. A run of `impact nightly` executes in that command's own process,
and without this the place it held in a pool would block every later run of the same asset.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import dagster as dg

from impact_pipeline.lake.files import locked

OPERATOR_TAG = "impact/operator"
KILLED = "The process of this run was killed. The next night does its work again."


@contextmanager
def present(instance: dg.DagsterInstance, folder: Path) -> Iterator[str]:
    """The name for `OPERATOR_TAG` on this process's runs; ends what killed processes of this machine left.

    The name is a locked file in `folder`: the kernel frees the lock when the process dies, however it dies.
    """
    name = uuid4().hex
    own, registry = folder / f"{name}.operator", folder / "operators.lock"
    with locked(registry):
        for other in folder.glob("*.operator"):
            _end_if_gone(instance, other)
        held = own.open("xb")
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield name
    finally:
        with locked(registry), held:
            own.unlink(missing_ok=True)


def _end_if_gone(instance: dg.DagsterInstance, operator: Path) -> None:
    """Safe to be killed at any moment, too: places are given back even for a run that was ended already."""
    with operator.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        for run in instance.get_runs(dg.RunsFilter(tags={OPERATOR_TAG: operator.stem})):
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            if not run.is_finished:
                instance.report_run_failed(run, KILLED)
        operator.unlink()
