"""A fingerprint tells rows, and nothing else, apart."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from impact_pipeline.lake.fingerprint import Fingerprint, Fingerprinter

PROJECT = Path(__file__).resolve().parents[2]


def fingerprint(table: pa.Table, batch_rows: int = 1_000) -> Fingerprint:
    found = Fingerprinter(table.schema)
    list(found.passing(iter(table.to_batches(batch_rows))))
    return found.result()


MANY = pa.table(
    {
        "id": range(1_000),
        "name": [None if i % 7 == 0 else f"n{i % 13}" for i in range(1_000)],
        "amount": [i / 3 for i in range(1_000)],
        "at": pa.array([datetime(2026, 3, 5, i % 24, tzinfo=UTC) for i in range(1_000)], pa.timestamp("us", "UTC")),
    }
)


@pytest.mark.parametrize("batch_rows", [11, 100, 1_000])
def test_order_batches_and_column_order_do_not_show(batch_rows: int) -> None:
    order = random.Random(3).sample(range(1_000), 1_000)
    other = MANY.take(pa.array(order)).select(["name", "at", "id", "amount"])
    assert fingerprint(other, batch_rows) == fingerprint(MANY)


def test_fingerprints_taken_side_by_side_do_not_mix() -> None:
    tables = [MANY, MANY.slice(0, 500)]
    open_ones = [Fingerprinter(MANY.schema) for _ in tables]
    streams = [found.passing(iter(table.to_batches(100))) for found, table in zip(open_ones, tables, strict=True)]
    for _ in range(11):
        for stream in streams:
            next(stream, None)
    assert [found.result() for found in open_ones] == [fingerprint(table) for table in tables]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_the_machines_time_zone_does_not_show(zone: str) -> None:
    module = "impact_pipeline_tests.lake.test_fingerprint"
    code = f"from {module} import MANY, fingerprint; print(fingerprint(MANY).digest)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=PROJECT, env={**os.environ, "TZ": zone}
    )
    assert done.stdout.strip() == fingerprint(MANY).digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": [None]}, {"a": [""]}),
        ({"a": [None]}, {"a": ["~"]}),
        ({"a": ["1"]}, {"a": [1]}),
        ({"a": [1]}, {"b": [1]}),
        ({"a": [1], "b": [2]}, {"a": [2], "b": [1]}),
        ({"a": ["ab"], "b": ["c"]}, {"a": ["a"], "b": ["bc"]}),
        ({"a": ["1:x"], "b": [""]}, {"a": [""], "b": ["1:x"]}),
        ({"a": [1, 2], "b": [1, 2]}, {"a": [1, 2], "b": [2, 1]}),
        ({"a": [1, 1]}, {"a": [1]}),
        ({"a": [1, 1, 2]}, {"a": [1, 2, 2]}),
        ({"a": [0.1 + 0.2]}, {"a": [0.3]}),
        ({"a": [0.0]}, {"a": [-0.0]}),
        ({"a": [float("nan")]}, {"a": [None]}),
        ({"a": ["x"]}, {"a": ["x "]}),
        ({"a": ["é"]}, {"a": ["e\u0301"]}),
        ({"a": [Decimal("1.0")]}, {"a": [Decimal("1.00")]}),
        ({"a": [datetime(2026, 3, 5, 0, 0, 0, 1, UTC)]}, {"a": [datetime(2026, 3, 5, 0, 0, 0, 2, UTC)]}),
    ],
)
def test_any_change_shows(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert fingerprint(pa.table(one)).digest != fingerprint(pa.table(other)).digest


def test_every_changed_value_of_many_shows() -> None:
    digests = {fingerprint(MANY).digest}
    for row in range(0, 1_000, 50):
        ids = MANY.column("id").to_pylist()
        ids[row] += 1
        digests.add(fingerprint(MANY.set_column(0, "id", pa.array(ids))).digest)
    assert len(digests) == 21


def test_no_rows_have_a_fingerprint_of_their_own() -> None:
    empty = fingerprint(MANY.slice(0, 0))
    assert empty.rows == 0
    assert empty.digest != fingerprint(pa.table({"other": pa.array([], pa.int64())})).digest
