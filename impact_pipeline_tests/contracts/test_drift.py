from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from impact_pipeline.contracts.drift import Drift, Retyped, schema_drift
from impact_pipeline_tests.contracts.orders import as_text, orders, orders_contract, staged_file


def drift_of(folder: Path, rows: pa.Table, **facts: object) -> Drift:
    staged, files = staged_file(folder, rows, **facts)
    return schema_drift(orders_contract(), staged, files.schema)


def test_a_delivery_as_promised_has_no_drift(tmp_path: Path) -> None:
    assert drift_of(tmp_path, orders()) == Drift()


def test_an_added_column_is_accepted_and_noted(tmp_path: Path) -> None:
    drift = drift_of(tmp_path, orders(), unknown_columns=["voucher"])
    assert drift.passed
    assert drift.added == ("voucher",)
    assert drift.notes == ("column 'voucher' is not in the contract and was left out",)


def test_an_added_column_may_be_noted_with_its_type(tmp_path: Path) -> None:
    assert drift_of(tmp_path, orders(), unknown_columns=[["voucher", "string"]]).added == ("voucher",)


def test_a_missing_required_column_is_a_breach(tmp_path: Path) -> None:
    drift = drift_of(tmp_path, orders().drop_columns(["amount"]))
    assert drift.missing == ("amount",)
    assert drift.breaches == ("column 'amount' is required and was not delivered",)


def test_a_missing_nullable_column_is_noted(tmp_path: Path) -> None:
    drift = drift_of(tmp_path, orders().drop_columns(["items"]))
    assert drift.passed
    assert drift.notes == ("column 'items' was not delivered and is null",)


def test_a_nullable_column_missing_beside_an_added_one_reads_as_renamed(tmp_path: Path) -> None:
    drift = drift_of(tmp_path, orders().drop_columns(["items"]), unknown_columns=["item_count"])
    assert drift.breaches == ("column 'items' was not delivered while others were added: renamed?",)


def test_a_retyped_column_is_a_breach(tmp_path: Path) -> None:
    rows = orders()
    drift = drift_of(tmp_path, rows.set_column(4, "items", rows["items"].cast(pa.string())))
    assert drift.retyped == (Retyped("items", "INTEGER", "string"),)
    assert drift.breaches == ("column 'items' is INTEGER by contract and came as string",)


def test_text_from_a_format_without_types_is_not_retyped(tmp_path: Path) -> None:
    assert drift_of(tmp_path, as_text(orders()), untyped=True) == Drift()


def test_an_identifier_that_is_no_pseudonym_is_a_breach(tmp_path: Path) -> None:
    rows = orders()
    drift = drift_of(tmp_path, rows.set_column(1, "user_key", rows["user_key"].cast(pa.string())), untyped=True)
    assert drift.breaches == ("column 'user_key' is BIGINT by contract and came as string",)


def test_reordered_columns_are_noted(tmp_path: Path) -> None:
    names = ["user_key", "order_id", "status", "amount", "items", "ordered_at", "loaded_at"]
    drift = drift_of(tmp_path, orders().select(names))
    assert drift.passed
    assert drift.reordered == ("user_key", "order_id")
    assert drift.notes == ("columns came in another order: user_key, order_id",)


def test_names_are_withheld_when_no_column_is_known(tmp_path: Path) -> None:
    drift = drift_of(tmp_path, pa.table({"canary-4711": [1], "37.50": [2]}))
    assert drift.added == ("(name withheld)", "(name withheld)")
    assert "canary" not in repr(drift)


@pytest.mark.parametrize("name", ["\x00\x01", "x" * 64])
def test_unprintable_names_are_not_shown(tmp_path: Path, name: str) -> None:
    assert drift_of(tmp_path, orders(), unknown_columns=[name]).added == ("(unprintable name)",)
