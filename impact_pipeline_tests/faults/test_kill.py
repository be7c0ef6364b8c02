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
    command,
    copied,
    environment,
    lake_digest,
    nightly,
    rows_by_partition,
    tables_of,
)

NIGHT = NIGHTS[EVE]
SEED, KILLS, NIGHTS_KILLED = 20260304, 5, 20
ATTEMPTS, EARLIER = 6, 0.75
"""How often a kill that came after the night's end is tried again, and by how much earlier each time."""


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
    environ, nowhere = environment(home), subprocess.DEVNULL
    with subprocess.Popen(
        line, cwd=home, env=environ, start_new_session=True, stdout=nowhere, stderr=nowhere
    ) as running:
        try:
            running.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            return True
    return False


def killed_night(eve: Path, folder: Path, moment: float) -> Path:
    """A copy of `eve` whose night was killed while it ran: at that moment, or earlier where it had ended by then."""
    for attempt in range(ATTEMPTS):
        home = copied(eve, folder / f"home_{attempt}")
        if kill_after(home, moment * EARLIER**attempt):
            return home
    raise AssertionError(f"{ATTEMPTS} nights had ended before they were to be killed, the first after {moment:.1f} s")


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
    killed = 0
    for moment in moments(KILLS, seconds):
        killed += kill_after(home, moment)
        assert_nothing_half_published(home, undisturbed)
    assert killed
    assert_complete(home, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(NIGHTS_KILLED))
def test_a_night_after_each_kill_is_whole(homes: Path, whole: tuple[Path, float], tmp_path: Path, number: int) -> None:
    undisturbed, seconds = whole
    home = killed_night(homes / "eve", tmp_path, sorted(moments(NIGHTS_KILLED, seconds))[number])
    assert_nothing_half_published(home, undisturbed)
    assert_complete(home, undisturbed)
