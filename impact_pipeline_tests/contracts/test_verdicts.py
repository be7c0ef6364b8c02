from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from impact_pipeline.contracts.drift import Drift, Retyped
from impact_pipeline.contracts.report import Freshness, RuleResult, ValidationReport
from impact_pipeline.contracts.verdicts import Verdicts, verdicts_of
from impact_pipeline.lake.lake import Lake

REPORT = ValidationReport(
    "orders", "2026-03-05", "1.0.0", "f" * 32, "duckdb 2.0.0", 4, 1,
    Drift(("voucher",), (), (Retyped("items", "INTEGER", "string"),), ("a", "b"), ("breach",), ("note",)),
    Freshness(24.0, 1), (RuleResult("once", "unique", "order_id", "row", "error", False, 4, 0, 2),), ("refused",),
)  # fmt: skip


def test_a_report_is_found_again_by_what_it_judged(tmp_path: Path) -> None:
    verdicts = Verdicts(tmp_path)
    verdicts.keep(REPORT, "key")
    assert verdicts.find("orders", "2026-03-05", "key") == REPORT
    assert verdicts.find("orders", "2026-03-05", "other") is None
    assert verdicts.find("orders", "2026-03-06", "key") is None


def test_the_newest_report_of_a_day_stands(tmp_path: Path) -> None:
    verdicts = Verdicts(tmp_path)
    verdicts.keep(REPORT, "key")
    newer = replace(REPORT, freshness=None, refusals=())
    verdicts.keep(newer, "other")
    assert verdicts.newest("orders", "2026-03-05") == newer
    assert verdicts.newest("orders", "2026-03-06") is None


def test_verdicts_lie_beside_the_tables(tmp_path: Path) -> None:
    assert verdicts_of(Lake(tmp_path)).root == tmp_path / "lake" / "validations"
