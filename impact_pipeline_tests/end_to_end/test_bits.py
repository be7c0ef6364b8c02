"""The same nights give the same bits: in another home, thread count, time zone and file layout."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from deltalake import DeltaTable

from impact_pipeline_tests.end_to_end.company import (
    CODE,
    NIGHTS,
    STUDIES,
    copied,
    environment,
    lake_digest,
    nightly,
    rows_by_partition,
    table_versions,
    tables_of,
    write_company,
)
from impact_pipeline_tests.end_to_end.layouts import FILES, rewrite

OPERATE = """
import sys
from datetime import date
from pathlib import Path
from impact_pipeline.defs.night import operating
with operating(Path(sys.argv[1]), threads=int(sys.argv[2])) as operator:
"""
ALL_NIGHTS = f"""{OPERATE}
    for night in sys.argv[3:]:
        assert not operator.night(date.fromisoformat(night)).failed
"""
LAST_LOOK = f"""{OPERATE}
    operator.studies(sys.argv[4:], date.fromisoformat(sys.argv[3]))
"""
REPAIRED_LOOK = LAST_LOOK.replace("operator.studies", "operator.repair_data(); operator.studies")


def operate(script: str, home: Path, *words: str, threads: int, zone: str = "UTC") -> None:
    """One process of that time zone, with the home's own copy of the package."""
    line = [sys.executable, "-c", script, str(home), str(threads), *words]
    subprocess.run(line, cwd=home, env=environment(home, TZ=str(ZoneInfo(zone))), check=True, capture_output=True)


def run_all_nights(homes: Path, home: Path, *, threads: int, zone: str) -> None:
    """Every night of a company written to `home`, with the code that the undisturbed one was operated with."""
    copied(homes / "done" / CODE, write_company(home) / CODE)
    operate(ALL_NIGHTS, home, *(night.isoformat() for night in NIGHTS), threads=threads, zone=zone)


def test_another_home_with_one_thread_and_another_time_zone_gives_equal_bits(homes: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    run_all_nights(homes, other, threads=1, zone="Asia/Kolkata")
    assert lake_digest(other) == lake_digest(homes / "done")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("threads", "zone"), [(2, "UTC"), (1, "UTC"), (4, "UTC"), (2, "Asia/Kolkata"), (2, "America/Los_Angeles")]
)
def test_each_thread_count_and_time_zone_gives_equal_bits(homes: Path, tmp_path: Path, threads: int, zone: str) -> None:
    other = tmp_path / "other"
    run_all_nights(homes, other, threads=threads, zone=zone)
    assert lake_digest(other) == lake_digest(homes / "done")


def test_the_same_night_again_writes_no_table_version_and_no_result(homes: Path, tmp_path: Path) -> None:
    home = copied(homes / "done", tmp_path / "home")
    nightly(home, NIGHTS[-1])
    assert table_versions(home) == table_versions(homes / "done")
    assert lake_digest(home) == lake_digest(homes / "done")


def test_a_lake_rewritten_in_another_layout_gives_equal_bits(homes: Path, tmp_path: Path) -> None:
    """First from rewritten exposures, features and folds; then everything is made again from rewritten rows."""
    home = copied(homes / "done", tmp_path / "home")
    rewrite_all(home)
    expected = lake_digest(homes / "done", history=False)
    assert rows_of(home) == rows_of(homes / "done")
    look_again(home / "lake", "study/cells", "results")
    operate(LAST_LOOK, home, NIGHTS[-1].isoformat(), *STUDIES, threads=2)
    assert lake_digest(home, history=False) == expected
    look_again(home / "lake", "unit_days", "features", "study", "results")
    operate(REPAIRED_LOOK, home, NIGHTS[-1].isoformat(), *STUDIES, threads=2)
    assert lake_digest(home, history=False) == expected


def rewrite_all(home: Path) -> None:
    rng = np.random.default_rng(20260302)
    for path in tables_of(home):
        if path.parent.name in ("trusted", "features", "unit_days", "exposures"):
            rewrite(path, rng)
            table = DeltaTable(path)
            assert len(table.file_uris()) > FILES * len(rows_by_partition(path)) - FILES


def rows_of(home: Path) -> dict[str, dict[str, str]]:
    return {str(path.relative_to(home)): rows_by_partition(path) for path in tables_of(home)}


def look_again(lake: Path, *made: str) -> None:
    """Forget what was made from the rewritten rows."""
    for name in made:
        shutil.rmtree(lake / name)
