"""Extraction: pseudonyms in place of ids, nothing of unknown columns, one fingerprint for equal rows."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.source import FilesSource
from impact_pipeline.errors import InputError, SourceError
from impact_pipeline.governance.pseudonyms import SecretKey, pseudonymised
from impact_pipeline.lake.staging import StagedDay, Staging
from impact_pipeline.sources.extract import extract_day
from impact_pipeline_tests.sources.orders import DAY, KEY, ORDERS, instant, shuffled, source_document

FILE = "raw/2026-03-05.parquet"
ROWS = pa.table(
    {
        "email": ["canary@example.com", None, "x", "y"],
        "user_id": ["canary", "4711", None, "canary"],
        "order_id": [1, 2, 3, 4],
        "ingested_at": pa.array([instant(9), instant(11), None, instant(10)], pa.timestamp("us", "UTC")),
    }
)


def _catalog(home: Path, **dataset: Any) -> Catalog:
    document = source_document("files", dataset or {"format": "parquet", "path": "{day}.parquet"}, root="raw")
    source = FilesSource.model_validate({**document, "last_day": "2026-03-31", "batch_rows": 1_000})
    return Catalog(home, sources={"shop": source}, contracts={"orders": ORDERS})


def _extract(home: Path, catalog: Catalog | None = None, generation: str = "1", **changes: Any) -> StagedDay:
    given: dict[str, Any] = {"dataset": "orders", "day": DAY, "environ": KEY} | changes
    found = catalog or _catalog(home)
    return extract_day(found, staging=Staging(home / "staged"), home=home, generation=generation, **given)


def _deliver(home: Path, rows: pa.Table, name: str = FILE, **options: Any) -> None:
    (home / name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, home / name, **options)


def _staged(home: Path) -> pa.Table:
    _, files = Staging(home / "staged").read("orders", DAY.isoformat())
    return pq.read_table(files.paths[0], partitioning=None)


def test_ids_become_pseudonyms_and_unknown_columns_only_names(tmp_path: Path) -> None:
    _deliver(tmp_path, ROWS)
    staged = _extract(tmp_path)
    key = SecretKey(KEY["IMPACT_PSEUDONYM_KEY"].encode())
    assert _staged(tmp_path).drop_columns("ingested_at").to_pydict() == {
        "user_id": pseudonymised(pa.array(["canary", "4711", None, "canary"]), "user", key).to_pylist(),
        "order_id": [1, 2, 3, 4],
    }
    assert (staged.rows, staged.generation) == (4, "1")
    assert staged.facts == {
        "source": "source 'shop', parquet files raw/{day}.parquet",
        "columns": [["user_id", "int64"], ["order_id", "int64"], ["ingested_at", "timestamp[us, tz=UTC]"]],
        "unknown_columns": ["email"],
        "untyped": False,
        "newest_ingested_at": "2026-03-05T11:00:00+00:00",
        "batches": 1,
    }


def test_no_id_and_no_unknown_value_is_in_any_staged_byte(tmp_path: Path) -> None:
    _deliver(tmp_path, ROWS)
    _extract(tmp_path)
    found = b"".join(path.read_bytes() for path in (tmp_path / "staged").rglob("*") if path.is_file())
    assert b"canary" not in found
    assert b"4711" not in found


def test_equal_rows_have_one_fingerprint(tmp_path: Path) -> None:
    table = pa.table({"order_id": range(5_000), "user_id": [f"u{i % 70}" for i in range(5_000)]})
    order = random.Random(7).sample(range(5_000), 5_000)
    _deliver(tmp_path, table)
    first = _extract(tmp_path)
    _deliver(tmp_path, shuffled(table, order).select(["user_id", "order_id"]), row_group_size=333)
    other = _extract(tmp_path, generation="2")
    assert (other.fingerprint, other.rows) == (first.fingerprint, 5_000)
    _deliver(tmp_path, table.set_column(0, "order_id", pa.array([*range(4_999), 4_998])))
    assert _extract(tmp_path, generation="3").fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("format_", "content"),
    [
        ("csv", 'order_id,user_id,note,ingested_at\n1,007,,2026-03-05T11:00:00+02:00\n2,,"",soon\n'),
        (
            "jsonl",
            '{"order_id": 1, "user_id": "007", "ingested_at": "2026-03-05T11:00:00+02:00"}\n'
            '{"order_id": 2, "note": "", "ingested_at": "soon"}\n',
        ),
    ],
)
def test_text_formats_stay_text(tmp_path: Path, format_: str, content: str) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / f"raw/2026-03-05.{format_}").write_text(content)
    staged = _extract(tmp_path, _catalog(tmp_path, format=format_, path=f"{{day}}.{format_}"))
    assert staged.facts["untyped"] is True
    assert staged.facts["newest_ingested_at"] == "2026-03-05T09:00:00+00:00"
    found = _staged(tmp_path)
    assert found.column("order_id").to_pylist() == ["1", "2"]
    assert found.column("note").to_pylist() == [None, ""]
    assert found.column("user_id")[0].as_py() is not None
    assert found.column("user_id")[1].as_py() is None


def test_a_day_without_rows_is_staged_with_none(tmp_path: Path) -> None:
    _deliver(tmp_path, ROWS.slice(0, 0))
    staged = _extract(tmp_path)
    assert (staged.rows, staged.facts["newest_ingested_at"], staged.facts["batches"]) == (0, None, 0)
    assert _staged(tmp_path).column_names == ["user_id", "order_id", "ingested_at"]


def test_a_source_that_fails_leaves_the_earlier_delivery_staged(tmp_path: Path) -> None:
    _deliver(tmp_path, ROWS)
    first = _extract(tmp_path)
    (tmp_path / FILE).unlink()
    with pytest.raises(SourceError, match=r"delivers nothing for 2026-03-05: no file matches 2026-03-05.parquet"):
        _extract(tmp_path, generation="2")
    (tmp_path / FILE).write_bytes(b"PAR1 half a file")
    with pytest.raises(SourceError, match=r"2026-03-05.parquet is not a whole Parquet file; deliver it again"):
        _extract(tmp_path, generation="3")
    assert Staging(tmp_path / "staged").read("orders", "2026-03-05")[0] == first


def test_a_failure_in_the_middle_of_the_rows_stages_nothing(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/2026-03-05.csv").write_text("order_id,user_id\n" + "1,2\n" * 400_000 + "canary\n")
    with pytest.raises(SourceError, match=r"2026-03-05.csv is not UTF-8 CSV \(row 400002, 1 columns instead of 2\)"):
        _extract(tmp_path, _catalog(tmp_path, format="csv", path="{day}.csv"))
    assert not (tmp_path / "staged").exists()


def test_an_older_run_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    _deliver(tmp_path, ROWS)
    _extract(tmp_path, generation="2")
    with pytest.raises(Exception, match="raw/orders 2026-03-05: generation 2 is already staged and is newer than 1"):
        _extract(tmp_path, generation="1")


def test_days_outside_the_sources_are_refused(tmp_path: Path) -> None:
    for day in (DAY.replace(month=2), DAY.replace(month=4)):
        with pytest.raises(SourceError) as error:
            _extract(tmp_path, day=day)
        assert str(error.value) == (
            f"source 'shop' delivers days 2026-03-01 to 2026-03-31; {day} is not among them; choose one of these days"
        )


def test_an_unknown_dataset_and_a_missing_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        _extract(tmp_path, dataset="refunds")
    assert str(error.value) == (
        "dataset 'refunds' has no contract and source in the catalog; datasets are orders; use one of these"
    )
    with pytest.raises(InputError, match=r"^environment variable IMPACT_PSEUDONYM_KEY is not set"):
        _extract(tmp_path, environ={})


@pytest.mark.parametrize("ids", [pa.array([4711.0]), pa.array([b"x"]), pa.array([True])])
def test_an_identifier_that_is_neither_text_nor_whole_is_refused(tmp_path: Path, ids: pa.Array) -> None:
    _deliver(tmp_path, pa.table({"user_id": ids}))
    with pytest.raises(SourceError) as error:
        _extract(tmp_path)
    assert str(error.value) == (
        "source 'shop', parquet files raw/{day}.parquet: identifier 'user_id' is delivered as "
        f"{ids.type}; deliver text or whole numbers"
    )


def test_odd_names_of_unknown_columns_are_not_shown(tmp_path: Path) -> None:
    _deliver(tmp_path, pa.table({"order_id": [1], "canary@example.com": [1], "4711": [2], "Unit Price": [3]}))
    shown = _extract(tmp_path).facts["unknown_columns"]
    assert shown == ["(not a column name)", "(not a column name)", "Unit Price"]


PROJECT = Path(__file__).resolve().parents[2]
MEASURE = """
import json, sys
from pathlib import Path
from impact_pipeline_tests.sources import test_extract

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

before = peak()
staged = test_extract._extract(Path(sys.argv[1]))
print(json.dumps({"rows": staged.rows, "growth_mib": peak() - before}))
"""


def _measured(home: Path, rows: int) -> dict[str, float]:
    part = pa.table(
        {
            "order_id": pa.array(range(100_000)),
            "user_id": pa.array([f"user-{i}" for i in range(100_000)]),
            "note": pa.array([f"a note of some length, number {i}" for i in range(100_000)]),
        }
    )
    (home / "raw").mkdir()
    with pq.ParquetWriter(home / FILE, part.schema, compression="none") as writer:
        writer.write_table(pa.concat_tables([part] * (rows // 100_000)), row_group_size=rows)
    command = [sys.executable, "-c", MEASURE, str(home)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


BOUND_MIB = 130
"""Twice what DuckDB, Arrow's pool and the batches in flight need, whatever the size of the partition."""


def test_memory_stays_bounded(tmp_path: Path) -> None:
    assert _measured(tmp_path, 200_000)["growth_mib"] < BOUND_MIB


@pytest.mark.slow
def test_memory_stays_bounded_on_millions_of_rows(tmp_path: Path) -> None:
    measured = _measured(tmp_path, 2_000_000)
    assert measured["rows"] == 2_000_000
    assert measured["growth_mib"] < BOUND_MIB
