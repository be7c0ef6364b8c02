"""An erasure killed at any moment keeps runs out, and ends whole when it is run again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from impact_pipeline.lake.byte_scan import scanned
from impact_pipeline.lake.sought import Sought
from impact_pipeline.stages.verify import verify
from impact_pipeline_tests.delivered_home import ENVIRON, GONE, make_delivered_home, opened, pseudonym_of
from impact_pipeline_tests.end_to_end.company import ROOT, command, copied, environment, impact, lake_digest

MOMENTS = (0.0, 0.15, 0.4, 0.8)
"""Seconds after it had written down what it was about to do."""

PATIENCE = 120.0
SET = {**ENVIRON, "PYTHONPATH": str(ROOT)}
UNIT = Sought((GONE,), (pseudonym_of(GONE),))


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_delivered_home(tmp_path_factory.mktemp("delivered"))


def line_of(home: Path) -> list[str]:
    ids = home.with_name("gone.ids")
    ids.write_text(f"{GONE}\n")
    asked = ["--entity", "user", "--id-file", str(ids), "--request", "R-7", "--reason", "asked for it"]
    return ["erase", *asked, "--actor", "dpo"]


def kill_after(home: Path, seconds: float) -> None:
    """Kill the erasure that many seconds after it began to change the lake, or leave it ended."""
    environ, nowhere, begun = environment(home, **SET), subprocess.DEVNULL, home / "lake" / ".erasing.json"
    line = command(*line_of(home), "--home", str(home))
    with subprocess.Popen(line, cwd=home, env=environ, start_new_session=True, stdout=nowhere, stderr=nowhere) as it:
        patience = time.monotonic() + PATIENCE
        while not begun.exists() and it.poll() is None and time.monotonic() < patience:
            time.sleep(0.002)
        time.sleep(seconds)
        if it.poll() is None:
            os.killpg(it.pid, signal.SIGKILL)


def test_an_erasure_killed_again_and_again_ends_as_an_undisturbed_one(delivered: Path, tmp_path: Path) -> None:
    undisturbed, home = copied(delivered, tmp_path / "undisturbed"), copied(delivered, tmp_path / "home")
    assert impact(undisturbed, *line_of(undisturbed), **SET).returncode == 0
    halves = 0
    for moment in MOMENTS:
        kill_after(home, moment)
        halves += opened(home).lake.maintenance.begun() is not None
    assert halves
    if opened(home).lake.maintenance.begun() is not None:
        refused = impact(home, "nightly", "--date", "2026-03-09", **SET)
        assert refused.returncode == 2
        assert (
            "erasure 'R-7' was interrupted: run the same `impact erase` again to its end, then this" in refused.stderr
        )
    done = impact(home, *line_of(home), **SET)
    assert done.returncode == 0, done.stderr
    assert lake_digest(home) == lake_digest(undisturbed)
    assert verify(opened(home).lake, None, "").faults == ()
    assert scanned([home], UNIT, besides=[home / "raw"]).clean
