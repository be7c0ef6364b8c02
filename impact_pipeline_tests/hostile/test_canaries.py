"""No value of a row leaves the lake: not in metadata, logs, errors, failures, checks, reports or the ledger."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.hostile.visits_home import DOCUMENTS, LAST, SECRET, base_rows, deliver, opened

MARK = "canary"
ACCEPTED, REFUSED, NAMELESS, UNCAST, TORN = (f"{MARK}-{name}" for name in ("ok", "bad", "header", "date", "torn"))
NUMBER = 7_316_424_159
"""Clicks of one visit: a number that nothing else gives."""

LAKE = {"raw", "trusted", "quarantine", "unit_days", "features", "study", "results"}
"""Folders of the lake that hold rows, cells by value, or stored results, which stay whole; readers get none of them."""

HEADER = "user_key,arm,device,revenue,clicks,event_ts"
FILES = {
    "notes": f"{NAMELESS},1.5,{MARK}-first\nu-2,2.5,x\n",
    "memos": f"{HEADER}\n{TORN},a,b,{MARK}-12,{MARK}-3,{MARK}-at\n",
    "torn": f'{HEADER}\n"{TORN},a\n,,,,,,,,{MARK}\n',
}
"""A file without a header, one with words for numbers, and one that is torn."""

DATED = "cast(device as date) > '2026-01-01'"
CHANGES = {
    "sources/site.yaml": DOCUMENTS["sources/site.yaml"]
    + "".join(f'  {name}: {{format: csv, path: "{name}/{{day}}.csv"}}\n' for name in FILES),
    **{f"contracts/{name}.yaml": DOCUMENTS["contracts/visits.yaml"].replace("visits", name) for name in FILES},
    "contracts/visits.yaml": DOCUMENTS["contracts/visits.yaml"]
    + "  - {property: impact.maxQuarantinedShare, value: 0.5}\n",
    "metrics/dated.yaml": DOCUMENTS["metrics/revenue.yaml"]
    .replace("name: revenue", "name: dated")
    .replace("measure: revenue}", f'measure: revenue, filter: "{DATED}"}}'),
    "studies/dated_page.yaml": DOCUMENTS["studies/shorter_page.yaml"]
    .replace("name: shorter_page", "name: dated_page")
    .replace("metric: revenue", "metric: dated"),
}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, bytes]:
    """A night of the real command over rows, files and an expression that fail in every way; and what it printed."""
    workspace = opened(tmp_path_factory.mktemp("canaries"), CHANGES)
    deliver(workspace, planted(), LAST)
    for name, text in FILES.items():
        path = workspace.home / "raw" / name / f"{LAST}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    printed = impact(workspace.home, "nightly", "--date", LAST.isoformat())
    return workspace, printed + impact(workspace.home, "failed", "--json")


def planted() -> pa.Table:
    """Rows that are accepted and set aside, with a mark as id, as a value of a segment, and as a number."""
    columns = {name: base_rows(LAST)[name].to_pylist() for name in ("user_key", "device", "revenue", "clicks")}
    for place, mark in enumerate((ACCEPTED, REFUSED, UNCAST)):
        columns["user_key"][place], columns["device"][place] = mark, f"{mark}-device"
    columns["clicks"][0], columns["revenue"][1] = NUMBER, -1.0
    return base_rows(LAST, **{name: pa.array(values) for name, values in columns.items()})


def impact(home: Path, *words: str) -> bytes:
    line = [str(Path(sys.executable).with_name("impact")), *words, "--home", str(home)]
    done = subprocess.run(line, capture_output=True, env={**os.environ, **SECRET}, check=False, timeout=300)
    return done.stdout + done.stderr


def files_of(home: Path) -> dict[str, bytes]:
    """Every file of the home that is neither a source nor a part of the lake that holds rows."""
    found = (path for path in home.rglob("*") if path.is_file())
    named = {path.relative_to(home).as_posix(): path for path in found}
    return {n: p.read_bytes() for n, p in named.items() if not n.startswith(("raw/", *(f"lake/{k}/" for k in LAKE)))}


def test_the_rows_are_there(night: tuple[Workspace, bytes]) -> None:
    """In the tables where they belong, so that they could have got anywhere."""
    home = night[0].home
    rows = b"".join(path.read_bytes() for path in (home / "lake").rglob("*.parquet"))
    assert f"{ACCEPTED}-device".encode() in rows
    assert f"{REFUSED}-device".encode() in rows


def test_everything_failed_that_was_to_fail(night: tuple[Workspace, bytes]) -> None:
    failed = {(one.asset.partition("/")[2], one.partition) for one in night[0].lake.failures.all()}
    assert failed == {*((name, LAST.isoformat()) for name in FILES), ("cells", "dated_page")}


def test_no_output_holds_a_value_of_a_row(night: tuple[Workspace, bytes]) -> None:
    workspace, printed = night
    held = {"printed": printed, **files_of(workspace.home)}
    marks = (MARK.encode(), str(NUMBER).encode(), f"{NUMBER:,}".encode())
    assert [name for name, content in held.items() if any(mark in content for mark in marks)] == []
    assert {"reports", "dagster", "ledger", "lake"} <= {name.split("/")[0] for name in held}
