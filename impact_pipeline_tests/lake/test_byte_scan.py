"""Every file below the roots is read, as bytes and, of Parquet, as decoded values."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from impact_pipeline.lake.byte_scan import Scanned, scanned
from impact_pipeline.lake.sought import Sought

NUMBER = 954_862_423_945_188_821
UNIT = Sought(("shopper-0007",), (NUMBER,))


def write_parquet(path: Path, unit: int) -> None:
    """Encoded as differences and without statistics: the value's bytes are not in the file."""
    rows = pa.table({"unit": [unit, 1, 2] * 500})
    encoded = {"unit": "DELTA_BINARY_PACKED"}
    pq.write_table(rows, path, use_dictionary=False, column_encoding=encoded, write_statistics=False)


def test_what_pages_hide_is_found_decoded(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", NUMBER)
    write_parquet(tmp_path / "b.parquet", NUMBER + 1)
    assert not UNIT.in_bytes((tmp_path / "a.parquet").read_bytes())
    assert scanned([tmp_path], UNIT).left == (tmp_path / "a.parquet",)


def test_a_database_and_a_page_are_read_as_bytes(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "runs.db") as database:
        database.execute("CREATE TABLE events (unit INTEGER)")
        database.execute("INSERT INTO events VALUES (?)", (NUMBER,))
    database.close()
    with sqlite3.connect(tmp_path / "texts.db") as database:
        database.execute("CREATE TABLE users (id TEXT, country TEXT)")
        database.execute("INSERT INTO users VALUES ('shopper-0007', 'DE')")
    database.close()
    (tmp_path / "page.html").write_text("<li>shopper-0007</li>")
    (tmp_path / "other.html").write_text("<li>shopper-00071</li>")
    assert scanned([tmp_path], UNIT).left == tuple(tmp_path / name for name in ("page.html", "runs.db", "texts.db"))


def test_what_is_left_out_is_not_read_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "rows.csv").write_text("shopper-0007")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 of another kind")
    (tmp_path / "empty").touch()
    found = scanned([tmp_path], UNIT, besides=[tmp_path / "raw"])
    assert found == Scanned(2, 20, (), (tmp_path / "broken.parquet",))
    assert not found.clean
