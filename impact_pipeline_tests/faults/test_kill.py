"""A night killed at any moment leaves every table readable and every day whole or absent, and can be run again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from impact_pipeline_tests.end_to_end.company import (
    EVE,
    NIGHTS,
    ROOT,
    command,
    copied,
    environment,
    lake_digest,
    nightly,
    rows_by_partition,
    tables_of,
)

NIGHT = NIGHTS[EVE]
SEED, KILLS = 20260304, 5


@pytest.fixture(scope="session")
def whole(homes: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A home in which the night ran undisturbed, and the seconds it took."""
    home = copied(homes / "eve", tmp_path_factory.mktemp("whole") / "home")
    began = time.monotonic()
    nightly(home, NIGHT)
    return home, time.monotonic() - began


def moments(count: int, seconds: float, seed: int = SEED) -> Sequence[float]:
    """One random moment in each of `count` equal parts of the night, in random order."""
    rng = np.random.default_rng(seed)
    drawn = (np.arange(count) + rng.random(count)) * seconds / count
    return [float(moment) for moment in rng.permutation(drawn)]


def kill_after(home: Path, seconds: float) -> bool:
    """Start the night in a process group of its own, kill the group at that moment; False if it had already ended."""
    line = command("nightly", "--date", NIGHT.isoformat(), "--home", str(home))
    with subprocess.Popen(
        line, cwd=ROOT, env=environment(), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            running.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            return True
    return False


def assert_nothing_half_published(home: Path, whole: Path) -> None:
    """Every table can be read, and each partition of the data holds no row or those of the undisturbed night."""
    for path in tables_of(home):
        found, expected = rows_by_partition(path), rows_by_partition(whole / path.relative_to(home))
        if path.parent.name in ("trusted", "quarantine", "features", "unit_days"):
            assert found.items() <= expected.items(), path.name


def assert_complete(home: Path, whole: Path) -> None:
    nightly(home, NIGHT)
    assert lake_digest(home) == lake_digest(whole)


def test_kills_one_after_the_other_then_a_whole_night(homes: Path, whole: tuple[Path, float], tmp_path: Path) -> None:
    undisturbed, seconds = whole
    home = copied(homes / "eve", tmp_path / "home")
    for moment in moments(KILLS, seconds):
        kill_after(home, moment)
        assert_nothing_half_published(home, undisturbed)
    assert_complete(home, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(20))
def test_a_night_after_each_kill_is_whole(homes: Path, whole: tuple[Path, float], tmp_path: Path, number: int) -> None:
    undisturbed, seconds = whole
    home = copied(homes / "eve", tmp_path / "home")
    assert kill_after(home, sorted(moments(20, seconds))[number] * 0.95)
    assert_nothing_half_published(home, undisturbed)
    assert_complete(home, undisturbed)
