from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from sqlglot import exp

from impact_pipeline.catalog.contract import Contract
from impact_pipeline.contracts.quarantine import quarantined_rows, setting_aside, trusted_rows
from impact_pipeline.contracts.typed import STAGED
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline_tests.contracts.orders import DAY, as_text, column, contract, custom, orders, orders_contract

Rows = Callable[[Contract, str, pa.Schema], exp.Select]


def selected(rows: Rows, given: pa.Table, promised: Contract | None = None) -> pa.Table:
    query = rows(promised or orders_contract(), DAY, given.schema)
    return DuckDBEngine(threads=1).table(query, {STAGED: given})


def reasons(given: pa.Table, promised: Contract | None = None) -> dict[Any, str]:
    """Why each set-aside order was set aside, by user."""
    rows = selected(quarantined_rows, given, promised).to_pylist()
    return {row["user_key"]: row["reasons"] for row in rows}


def test_clean_rows_are_trusted_with_the_types_of_the_contract() -> None:
    assert reasons(orders()) == {}
    trusted = selected(trusted_rows, as_text(orders()))
    assert trusted.schema == pa.schema(
        [
            ("order_id", pa.string()),
            ("user_key", pa.int64()),
            ("status", pa.string()),
            ("amount", pa.decimal128(10, 2)),
            ("items", pa.int32()),
            ("ordered_at", pa.timestamp("us", "UTC")),
            ("loaded_at", pa.timestamp("us", "UTC")),
            ("day", pa.date32()),
        ]
    )
    assert sorted(trusted["user_key"].to_pylist()) == [1, 2, 3, 4]


def test_each_row_rule_gives_its_reason() -> None:
    assert reasons(orders(order_id=["a", "b", "c", None])) == {4: "order_id_not_null"}
    assert reasons(orders(status=["paid", "lost", None, "sent"])) == {2: "status_valid"}
    assert reasons(orders(amount=["-0.01", "0.00", "500.51", None])) == {
        1: "amount_between", 3: "amount_between", 4: "amount_not_null",
    }  # fmt: skip
    outside = [
        "2026-03-04 23:59:59.999999+00:00",
        f"{DAY} 00:00:00+00:00",
        f"{DAY} 23:59:59+00:00",
        "2026-03-06 00:00:00+00:00",
    ]
    assert reasons(orders(ordered_at=outside)) == {1: "ordered_at_in_day", 4: "ordered_at_in_day"}


def test_all_rows_of_a_repeated_key_are_set_aside() -> None:
    assert reasons(orders(order_id=["a", "b", "a", "a"])) == dict.fromkeys((1, 3, 4), "primary_key_unique")


def test_a_compound_key_is_repeated_only_as_a_whole() -> None:
    keys = [
        column("aa", "BIGINT", primaryKey=True),
        column("user_key", "VARCHAR", primaryKey=True, customProperties=custom(role="identifier", entity="user")),
    ]
    given = pa.table({"aa": [1, 1, 2, 2, None, None], "user_key": [1, 2, 3, 3, 4, 4]})
    rows = selected(quarantined_rows, given, contract(keys)).to_pylist()
    assert sorted((row["user_key"], row["aa"], row["reasons"]) for row in rows if row["aa"]) == [
        (3, "2", "primary_key_unique"), (3, "2", "primary_key_unique"),
    ]  # fmt: skip
    assert [row["reasons"] for row in rows if row["aa"] is None] == ["aa_not_null, primary_key_unique"] * 2


def test_a_row_that_breaks_several_rules_lists_them_in_the_contracts_order() -> None:
    given = orders(
        order_id=["a", "a", "c", "d"],
        amount=["600.00", "1.00", "1.00", "1.00"],
        ordered_at=[None, None, *[f"{DAY} 01:00:00+00:00"] * 2],
    )
    assert reasons(given) == {
        1: "amount_between, ordered_at_not_null, primary_key_unique", 2: "ordered_at_not_null, primary_key_unique",
    }  # fmt: skip


def test_values_that_cannot_be_typed_are_kept_as_they_were() -> None:
    given = as_text(orders())
    broken = given.set_column(3, "amount", pa.array(["10,00", "1.005", "3", "4"]))
    kept = selected(quarantined_rows, broken)
    assert [str(field.type) for field in kept.schema] == [
        "string", "int64", "string", "string", "string", "string", "string", "string", "date32[day]",
    ]  # fmt: skip
    assert sorted((row["amount"], row["reasons"]) for row in kept.to_pylist()) == [
        ("1.005", "amount_typed, amount_not_null"), ("10,00", "amount_typed, amount_not_null"),
    ]  # fmt: skip


def test_warnings_and_tolerances_set_nothing_aside() -> None:
    quality = [
        {"metric": "nullValues", "mustBe": 0, "severity": "warning"},
        {"metric": "invalidValues", "arguments": {"validValues": ["a"]}, "unit": "percent", "mustBeLessOrEqualTo": 1},
    ]
    promised = contract([column("status", "VARCHAR", quality=quality)])
    assert setting_aside(promised) == ()
    given = pa.table({"status": ["a", "b", None]})
    assert selected(trusted_rows, given, promised).num_rows == 3
    assert selected(quarantined_rows, given, promised).num_rows == 0
