from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from impact_pipeline.catalog.contract import Contract
from impact_pipeline.contracts.gx import gx_name
from impact_pipeline.contracts.report import Freshness, ValidationReport
from impact_pipeline.contracts.validate import validate_day
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline_tests.contracts.orders import (
    as_text,
    case_contract,
    case_rows,
    column,
    contract,
    orders,
    orders_contract,
    staged_file,
)


def report_on(folder: Path, rows: pa.Table, promised: Contract | None = None, **facts: Any) -> ValidationReport:
    """The report of one statement; that of Great Expectations must say the same."""
    staged, files = staged_file(folder, rows, **facts)
    promised = promised or orders_contract()
    large = validate_day(promised, staged, files, DuckDBEngine(threads=1), gx_rows=-1)
    small = validate_day(promised, staged, files, DuckDBEngine(threads=1))
    assert (large.evaluated_by, small.evaluated_by) == (f"duckdb {duckdb.__version__}", gx_name())
    assert (large.results, large.refusals, large.quarantined) == (small.results, small.refusals, small.quarantined)
    return large


def test_a_clean_day_is_accepted(tmp_path: Path) -> None:
    report = report_on(tmp_path, orders())
    assert (report.accepted, report.rows, report.quarantined, report.failed) == (True, 4, 0, ())


def test_text_and_typed_columns_are_judged_alike(tmp_path: Path) -> None:
    dirty = orders(amount=["-1.00", "1.00", "2.00", "3.00"], items=[0, 1, 2, 3])
    typed = report_on(tmp_path / "typed", dirty)
    text = report_on(tmp_path / "text", as_text(dirty), untyped=True)
    assert typed.results == text.results
    assert [(result.rule, result.unexpected_count) for result in text.failed] == [
        ("amount_between", 1),
        ("items_between", 1),
    ]


def test_a_breach_refuses_the_day_when_the_contract_says_fail(tmp_path: Path) -> None:
    report = report_on(tmp_path, orders(amount=["-1.00", "1.00", "2.00", None]), orders_contract(onBreach="fail"))
    assert report.refusals == ("amount_not_null: 1 of 4 rows break it", "amount_between: 1 of 4 rows break it")


def test_too_many_quarantined_rows_refuse_the_day(tmp_path: Path) -> None:
    dirty = orders(amount=["-1.00", "1.00", "2.00", "3.00"])
    assert report_on(tmp_path, dirty, orders_contract(maxQuarantinedShare=0.25)).accepted
    report = report_on(tmp_path, dirty, orders_contract(maxQuarantinedShare=0.24))
    assert report.quarantined_share == 0.25
    assert report.refusals == ("1 of 4 rows would be quarantined; impact.maxQuarantinedShare is 0.24",)


def test_an_empty_day_is_refused_unless_the_contract_allows_it(tmp_path: Path) -> None:
    empty = orders().slice(0, 0)
    assert report_on(tmp_path, empty).refusals == ("row_count: 0 rows",)
    any_rows = [{"metric": "rowCount", "mustBeGreaterOrEqualTo": 0}]
    report = report_on(
        tmp_path, pa.table({"status": pa.array([], pa.string())}), contract([column("status", "VARCHAR")], any_rows)
    )
    assert (report.accepted, report.quarantined_share) == (True, 0.0)


def test_a_tolerance_that_is_exceeded_refuses_the_day(tmp_path: Path) -> None:
    tolerated = {"metric": "nullValues", "unit": "percent", "mustBeLessOrEqualTo": 50}
    promised = contract([column("status", "VARCHAR", quality=[tolerated])], onBreach="quarantine")
    assert report_on(tmp_path, pa.table({"status": ["a", None]}), promised).accepted
    report = report_on(tmp_path, pa.table({"status": ["a", None, None]}), promised)
    assert (report.refusals, report.quarantined) == (("status_not_null: 2 of 3 rows break it",), 0)


def test_a_warning_is_reported_and_refuses_nothing(tmp_path: Path) -> None:
    warned = {"metric": "rowCount", "mustBeGreaterOrEqualTo": 10, "severity": "warning"}
    report = report_on(tmp_path, pa.table({"status": ["a"]}), contract([column("status", "VARCHAR")], [warned]))
    assert report.accepted
    assert [(result.rule, result.severity) for result in report.failed] == [("row_count", "warning")]


@pytest.mark.parametrize(
    ("newest", "late"), [("2026-03-07 00:00:00+00:00", 0), ("2026-03-07 00:00:00.000001+00:00", 1)]
)
def test_rows_ingested_after_the_deadline_refuse_the_day(tmp_path: Path, newest: str, late: int) -> None:
    given = orders(loaded_at=[None, "2026-03-05 01:00:00+00:00", "2026-03-05 02:00:00+00:00", newest])
    report = report_on(tmp_path, given, orders_contract(latency=24))
    assert report.freshness == Freshness(24.0, late)
    late_rows = ("1 of 4 rows were ingested more than 24 hours after the end of the day (slaProperties latency)",)
    assert report.refusals == (late_rows if late else ())


def test_freshness_is_not_judged_without_an_ingest_time(tmp_path: Path) -> None:
    assert report_on(tmp_path, orders(), orders_contract(latency=24, ingestedAt="ordered_at")).freshness == Freshness(
        24.0, 0
    )
    assert report_on(tmp_path, case_rows("base_2026-03-05"), case_contract(latency=24)).freshness is None


def test_a_drifted_day_is_refused_and_its_rows_are_not_judged(tmp_path: Path) -> None:
    report = report_on(tmp_path, orders().drop_columns(["order_id"]))
    assert report.refusals == ("column 'order_id' is required and was not delivered",)
    assert (report.results, report.rows, report.quarantined) == ((), 4, 0)


@pytest.mark.parametrize(
    ("case", "refusal"),
    [
        ("D25_zero_rows", "row_count: 0 rows"),
        ("D26_duplicates", "40 of 220 rows would be quarantined; impact.maxQuarantinedShare is 0.05"),
        ("D31_wrong_day", "200 of 200 rows would be quarantined; impact.maxQuarantinedShare is 0.05"),
    ],
)
def test_fault_cases_are_refused(tmp_path: Path, case: str, refusal: str) -> None:
    assert report_on(tmp_path, case_rows(case), case_contract()).refusals == (refusal,)


def test_the_clean_case_is_accepted(tmp_path: Path) -> None:
    report = report_on(tmp_path, case_rows("base_2026-03-05"), case_contract())
    assert (report.accepted, report.rows, report.quarantined) == (True, 200, 0)


def test_d30_a_new_column_is_accepted_and_dropped_retyped_and_renamed_ones_are_refused(tmp_path: Path) -> None:
    base, promised = case_rows("base_2026-03-05"), case_contract()
    added = report_on(tmp_path / "added", base, promised, unknown_columns=["voucher"])
    assert (added.accepted, added.drift.added) == (True, ("voucher",))
    dropped = report_on(tmp_path / "dropped", base.drop_columns(["clicks"]), promised)
    assert dropped.refusals == ("column 'clicks' is required and was not delivered",)
    retyped = report_on(tmp_path / "retyped", base.set_column(4, "clicks", base["clicks"].cast(pa.string())), promised)
    assert retyped.refusals == ("column 'clicks' is BIGINT by contract and came as string",)
    renamed = report_on(tmp_path / "renamed", base.drop_columns(["device"]), promised, unknown_columns=["device_kind"])
    assert renamed.refusals == ("column 'device' was not delivered while others were added: renamed?",)
