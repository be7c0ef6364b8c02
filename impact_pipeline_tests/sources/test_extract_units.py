"""Whose rows are staged, and under which pseudonyms: key epochs and erased units."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.epoch import KeyEpoch
from impact_pipeline.catalog.source import FilesSource
from impact_pipeline.errors import InputError
from impact_pipeline.governance.deny_list import DenyList, mark_of
from impact_pipeline.governance.pseudonyms import SecretKey, pseudonymised
from impact_pipeline.lake.staging import StagedDay, Staging
from impact_pipeline.sources.extract import extract_day
from impact_pipeline_tests.sources.orders import DAY, KEY, ORDERS, source_document

FIRST = SecretKey(KEY["IMPACT_PSEUDONYM_KEY"].encode())
SPRING = SecretKey(b"the key of the spring")
BOTH = {**KEY, "KEY_SPRING": SPRING.value.decode()}
IDS = ["gone", "stays", None, "gone"]


def catalog(home: Path, first_day: date | None) -> Catalog:
    document = source_document("files", {"format": "parquet", "path": "{day}.parquet"}, root="raw")
    source = FilesSource.model_validate({**document, "last_day": "2026-03-31"})
    plain = Catalog(home, sources={"shop": source}, contracts={"orders": ORDERS})
    if first_day is None:
        return plain
    told = {"name": "spring", "owner": "team:data", "description": "test", "entity": "user"}
    epoch = KeyEpoch.model_validate({**told, "first_day": first_day, "key": "env:KEY_SPRING"})
    return replace(plain, epochs={"spring": epoch})


def extract(
    home: Path, first_day: date | None = None, environ: dict[str, str] = KEY
) -> tuple[StagedDay, list[int | None]]:
    (home / "raw").mkdir(exist_ok=True)
    pq.write_table(pa.table({"order_id": range(4), "user_id": IDS}), home / "raw" / f"{DAY}.parquet")
    staging = Staging(home / "staged")
    staged = extract_day(
        catalog(home, first_day), "orders", DAY, staging=staging, home=home, environ=environ, generation="1"
    )
    rows = pq.read_table(staging.file(staged), partitioning=None)
    return staged, rows["user_id"].to_pylist()


def under(key: SecretKey, ids: list[str | None]) -> list[int | None]:
    found: list[int | None] = pseudonymised(pa.array(ids), "user", key).to_pylist()
    return found


def test_the_first_day_of_an_epoch_is_the_first_under_its_key(tmp_path: Path) -> None:
    assert extract(tmp_path, DAY + timedelta(days=1), BOTH)[1] == under(FIRST, IDS)
    assert extract(tmp_path, DAY, BOTH)[1] == under(SPRING, IDS)


def test_a_day_whose_key_is_gone_is_not_made_under_another(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=f"key epoch 'spring' of user, day {DAY}: environment variable KEY_SPRING is not"
    ):
        extract(tmp_path, DAY)


def test_an_erased_unit_is_left_out_and_counted(tmp_path: Path) -> None:
    DenyList(tmp_path).add("user", {"initial": [mark_of("gone", "user", FIRST)]})
    staged, units = extract(tmp_path)
    assert units == under(FIRST, ["stays", None])
    assert (staged.rows, staged.facts["denied_rows"], staged.facts["deny_marks_without_key"]) == (2, 2, 0)


def test_it_stays_out_under_the_next_key_as_long_as_the_old_one_is_there(tmp_path: Path) -> None:
    DenyList(tmp_path).add("user", {"initial": [mark_of("gone", "user", FIRST)]})
    staged, units = extract(tmp_path, DAY, BOTH)
    assert units == under(SPRING, ["stays", None])
    staged, units = extract(tmp_path, DAY, {"KEY_SPRING": BOTH["KEY_SPRING"]})
    assert units == under(SPRING, IDS)
    assert (staged.facts["denied_rows"], staged.facts["deny_marks_without_key"]) == (0, 1)


def test_marks_of_another_entity_keep_nobody_out(tmp_path: Path) -> None:
    DenyList(tmp_path).add("store", {"initial": [mark_of("gone", "store", FIRST)]})
    staged, units = extract(tmp_path)
    assert len(units) == 4
    assert "denied_rows" not in staged.facts
