"""A small company operated night by night with the real commands, and what tests compare of its lake.

Its metrics are read over two days, so that four nights close every window and decide every study.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable

from impact_pipeline.lake.files import locked
from impact_pipeline.world.company import make_world
from impact_pipeline.world.config import WorldConfig
from impact_pipeline.world.documents import write_catalog
from impact_pipeline_tests.registered import register_all

ROOT = Path(__file__).parents[2]
KEY = "the key of a company that does not exist"
CODE = "code"
"""In a home, the copy of the package that its commands run: every result names its code, and sources may change."""
WORLD = WorldConfig(users=1_500, days=4, warm_up_days=1, exposure_days=2)
NIGHTS = tuple(WORLD.date_of(number) for number in range(WORLD.days))
EVE = 2
"""Nights that have run in the home that `undisturbed(...) / "eve"` holds; studies begin on the second."""

STUDIES = ("ranker_v7", "reco_ramp", "search_aa")
DATASETS = ("exposures", "orders", "sessions", "users")
LEFT_OUT = ("predictions", "tickets")
UNDEFINED_METRIC = """
name: pace
type: mean
version: 1
label: Pace
unit: s
better: lower
owner: team:web
description: Seconds per page after the second; a visit of two pages divides by zero.
window: {start_day: 0, days: 2}
value: {fact: sessions, measure: pace}
"""
HANGING = 400.0
"""Seconds after which a command is taken to hang: many times what the longest takes on a busy machine."""

Digest = dict[str, str]


def write_company(home: Path, config: WorldConfig = WORLD) -> Path:
    """Source tables and catalog: four datasets, three registered studies, a metric that divides by zero in one."""
    make_world(config, home)
    catalog = write_catalog(ROOT / "data" / "catalog", home / "catalog", config, STUDIES)
    for path in catalog.rglob("*.yaml"):
        if any(path.stem.startswith(name) for name in LEFT_OUT):
            path.unlink()
            continue
        kept = [line for line in path.read_text().splitlines() if not re.search("|".join(LEFT_OUT), line)]
        path.write_text("\n".join(kept).replace("days: 7}", "days: 2}") + "\n")
    (catalog / "metrics" / "pace.yaml").write_text(UNDEFINED_METRIC)
    pace = "  pace: {expression: duration_ms / 1000 / (page_views - 2), unit: s, scale: 3}\n"
    _append(catalog / "facts" / "sessions.yaml", pace)
    plan = catalog / "studies" / "ranker_v7.yaml"
    plan.write_text(plan.read_text().replace("segments:", "  - {role: exploratory, metric: pace}\nsegments:"))
    register_all(home)
    return home


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def environment(home: Path, **settings: str) -> dict[str, str]:
    """What an operator of the home sets; python finds the package in the home's copy of it, if it has one."""
    fixed = {"IMPACT_PSEUDONYM_KEY": KEY, "IMPACT_DAGSTER_YAML": str(ROOT / "dagster.yaml"), "TERM": "dumb"}
    return {**os.environ, **fixed, "PYTHONPATH": str(home / CODE), **settings}


def command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("impact")), *arguments]


def impact(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The finished command; nothing is asserted of its exit code."""
    line = command(*arguments, "--home", str(home))
    return subprocess.run(
        line, cwd=home, env=environment(home, **settings), capture_output=True, text=True, check=False, timeout=HANGING
    )


def nightly(home: Path, *nights: date, expected: int = 0, **settings: str) -> None:
    """Run the nights one after the other; each ends with the expected exit code."""
    for night in nights:
        done = impact(home, "nightly", "--date", night.isoformat(), **settings)
        assert done.returncode == expected, done.stderr


def undisturbed(factory: pytest.TempPathFactory) -> Path:
    """A folder with two homes that nothing ever disturbed: `eve`, and `done` after all nights. Made once per session.

    Read them, or operate on a `copied` one.
    """
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "undisturbed"
    with locked(folder.with_suffix(".lock")):
        if not (folder / "done").exists():
            home = write_company(folder / "running")
            package = ROOT / "impact_pipeline"
            shutil.copytree(package, home / CODE / package.name, ignore=shutil.ignore_patterns("__pycache__"))
            nightly(home, *NIGHTS[:EVE])
            shutil.copytree(home, folder / "eve")
            nightly(home, *NIGHTS[EVE:])
            home.rename(folder / "done")
    return folder


def copied(home: Path, target: Path) -> Path:
    return Path(shutil.copytree(home, target))


def lake_digest(home: Path, *, history: bool = True) -> Digest:
    """Content and record of every table's partition, and every result.

    Without history, what stands now however it came about: newest results, and not which look added which cohorts.
    Rows are hashed in sorted order here, apart from the fingerprints that the lake recorded, which are in it too.
    """
    found = dict(results_digest(home, history=history))
    for path in tables_of(home):
        name = path.relative_to(home / "lake")
        found.update({f"rows {name} {part}": rows for part, rows in rows_by_partition(path).items()})
        found.update({f"record {name} {part}": record for part, record in records(path, history).items()})
    found.update({f"failure {path}": path.read_text() for path in (home / "lake" / "failures").glob("*/*.json")})
    return found


def tables_of(home: Path) -> list[Path]:
    return sorted(path.parent for path in (home / "lake").rglob("_delta_log"))


def records(path: Path, history: bool) -> dict[str, str]:
    """Partition -> what its newest commit recorded, but for the time of the run."""
    left_out = () if history else ("as_of", "cohorts_measured", "metrics_measured")
    found: dict[str, str] = {}
    for commit in DeltaTable(path).history():
        state = json.loads(commit["impact"])
        facts = {name: fact for name, fact in state["facts"].items() if name not in left_out}
        record = json.dumps({**state, "facts": facts, "generation": ""}, sort_keys=True)
        found.setdefault(state["partition"], record)
    return found


def rows_by_partition(path: Path) -> dict[str, str]:
    """Day (or '') -> number of rows and their digest, whatever their order and files."""
    found: dict[str, list[str]] = {}
    table = DeltaTable(path)
    parts = table.metadata().partition_columns
    for row in table.to_pyarrow_table().to_pylist():
        found.setdefault(str(row[parts[0]]) if parts else "", []).append(repr(sorted(row.items())))
    return {day: f"{len(rows)} rows {_sha(sorted(rows))}" for day, rows in sorted(found.items())}


def table_versions(home: Path) -> dict[str, int]:
    return {str(path.relative_to(home)): DeltaTable(path).version() for path in tables_of(home)}


def results_digest(home: Path, *, history: bool) -> Digest:
    """Result file -> its content's digest."""
    root = home / "lake" / "results"
    pointers = [json.loads(path.read_bytes())["path"] for path in root.glob("*/current-*.json")]
    stored = [str(path.relative_to(root)) for path in root.glob("*/*/*.json")] if history else pointers
    return {f"result {name}": _sha([(root / name).read_text()]) for name in sorted(stored)}


def _sha(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
