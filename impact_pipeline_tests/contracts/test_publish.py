from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from impact_pipeline.catalog.meaning import definition
from impact_pipeline.contracts.publish import PublishedDay, judged_day, publish_day, refused
from impact_pipeline.contracts.verdicts import verdicts_of
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.errors import ContractBreach, LakeError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import LakeTable
from impact_pipeline_tests.contracts.orders import (
    DAY,
    as_text,
    case_contract,
    case_rows,
    orders,
    orders_contract,
    stage,
)

ENGINE = DuckDBEngine(threads=1)
DIRTY = orders(amount=["-1.00", "1.00", "2.00", "3.00"])

PUBLISH = """
import os, signal, sys
from pathlib import Path
from impact_pipeline.contracts.publish import publish_day
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import LakeTable
from impact_pipeline_tests.contracts.orders import DAY, orders_contract

publish = LakeTable.publish

def killed(self, *args, **kwargs):
    if self.path.parent.name == os.environ.get("KILLED_BEFORE"):
        os.kill(os.getpid(), signal.SIGKILL)
    return publish(self, *args, **kwargs)

LakeTable.publish = killed
day = publish_day(orders_contract(), Lake(Path(sys.argv[1])), DuckDBEngine(), DAY, generation="1", gx_rows=-1)
print(day.trusted.state.fingerprint, day.quarantine.state.fingerprint)
"""


def publish(lake: Lake, *, generation: str = "1", gx_rows: int = -1, **changes: Any) -> PublishedDay:
    return publish_day(orders_contract(**changes), lake, ENGINE, DAY, generation=generation, gx_rows=gx_rows)


def publish_elsewhere(home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PUBLISH, str(home)]
    path = str(Path(__file__).parents[2])
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": path, **environ}, capture_output=True, text=True)


def staged_lake(home: Path, **facts: Any) -> Lake:
    lake = Lake(home)
    stage(lake, DIRTY, **facts)
    return lake


def ids(table: LakeTable, column: str = "order_id") -> list[Any]:
    rows = ENGINE.table(exp.select(exp.column(column)).from_("rows"), {"rows": table.files()})
    return sorted(rows[column].to_pylist())


def test_a_day_is_published_with_its_broken_rows_set_aside(tmp_path: Path) -> None:
    lake = staged_lake(tmp_path)
    day = publish(lake)
    assert (ids(lake.trusted("orders")), ids(lake.quarantine("orders"))) == (["b", "c", "d"], ["a"])
    assert ids(lake.quarantine("orders"), "reasons") == ["amount_between"]
    assert day.trusted.state.facts == {
        "staged_fingerprint": lake.staging.read("orders", DAY)[0].fingerprint,
        "contract_version": "1.0.0",
        "contract": definition("contract", orders_contract()),
        "rows_in": 4,
        "rows_out": 3,
        "rows_quarantined": 1,
    }
    assert (day.trusted.state.rows, day.quarantine.state.rows) == (3, 1)


def test_d27_the_same_rows_make_no_new_version(tmp_path: Path) -> None:
    lake = staged_lake(tmp_path)
    first = publish(lake)
    stage(lake, DIRTY.take([3, 1, 0, 2]), generation="2")
    second = publish(lake, generation="2")
    assert (second.trusted.written, second.quarantine.written) == (False, False)
    assert (second.trusted.version, second.report) == (first.trusted.version, first.report)


def test_d28_changed_rows_make_a_new_version_and_the_old_one_stays_readable(tmp_path: Path) -> None:
    lake = staged_lake(tmp_path)
    first = publish(lake)
    stage(lake, orders(), generation="2")
    second = publish(lake, generation="2")
    assert (second.trusted.written, second.trusted.version) == (True, first.trusted.version + 1)
    assert (ids(lake.trusted("orders")), ids(lake.quarantine("orders"))) == (["a", "b", "c", "d"], [])
    assert second.trusted.state.fingerprint != first.trusted.state.fingerprint


def test_d29_a_late_partition_is_published_beside_the_others(tmp_path: Path) -> None:
    lake = staged_lake(tmp_path)
    published = publish(lake).trusted.state
    late = orders(
        ordered_at=["2026-03-04 10:00:00+00:00"] * 4,
        loaded_at=["2026-03-16 10:00:00+00:00"] * 4,
    )
    stage(lake, late, "2026-03-04", generation="9")
    publish_day(orders_contract(), lake, ENGINE, "2026-03-04", generation="9", gx_rows=-1)
    assert lake.trusted("orders").state(DAY) == published
    assert sorted(lake.trusted("orders").states()) == ["2026-03-04", DAY]


def test_a_changed_contract_judges_and_publishes_again(tmp_path: Path) -> None:
    lake = staged_lake(tmp_path)
    first = publish(lake)
    second = publish(lake, generation="2", maxQuarantinedShare=0.4)
    assert second.trusted.written
    assert second.trusted.state.fingerprint == first.trusted.state.fingerprint


def test_a_refused_day_publishes_nothing_and_says_why(tmp_path: Path) -> None:
    lake = staged_lake(tmp_path)
    for _ in range(2):
        with pytest.raises(ContractBreach) as refused:
            publish(lake, maxQuarantinedShare=0.1)
        assert str(refused.value) == (
            "trusted/orders 2026-03-05 is refused by contract version 1.0.0; nothing of the day was published:\n"
            "  - 1 of 4 rows would be quarantined; impact.maxQuarantinedShare is 0.1\n"
            "Mend the source and materialize raw/orders for 2026-03-05 again, or change the contract if it promises "
            "too much"
        )
    assert (lake.trusted("orders").states(), lake.quarantine("orders").states()) == ({}, {})
    stored = verdicts_of(lake).newest("orders", DAY)
    assert stored is not None
    assert not stored.accepted


def test_a_day_counts_as_refused_by_the_contract_that_judged_it_only(tmp_path: Path) -> None:
    lake = staged_lake(tmp_path)
    strict, lenient = orders_contract(maxQuarantinedShare=0.1), orders_contract(maxQuarantinedShare=0.4)
    staged, files = lake.staging.read("orders", DAY)
    assert not refused(strict, lake, staged)
    judged_day(strict, lake, ENGINE, staged, files)
    assert refused(strict, lake, staged)
    assert not refused(lenient, lake, staged)
    judged_day(lenient, lake, ENGINE, staged, files)
    assert not refused(lenient, lake, staged)


def test_a_refused_restatement_leaves_what_stood(tmp_path: Path) -> None:
    lake = staged_lake(tmp_path)
    published = publish(lake).trusted.state
    stage(lake, orders().drop_columns(["amount"]), generation="2")
    with pytest.raises(ContractBreach, match="column 'amount' is required and was not delivered"):
        publish(lake, generation="2")
    assert lake.trusted("orders").state(DAY) == published


def test_drift_that_leaves_the_rows_alone_is_judged_and_makes_no_new_version(tmp_path: Path) -> None:
    lake = staged_lake(tmp_path)
    publish(lake)
    stage(lake, DIRTY, generation="2", unknown_columns=["voucher"])
    second = publish(lake, generation="2")
    assert (second.trusted.written, second.report.drift.added) == (False, ("voucher",))


def test_days_with_and_without_types_share_a_table(tmp_path: Path) -> None:
    lake = staged_lake(tmp_path)
    first = publish(lake)
    stage(lake, as_text(DIRTY), generation="2", untyped=True)
    second = publish(lake, generation="2")
    assert second.trusted.state.fingerprint == first.trusted.state.fingerprint


def test_great_expectations_and_the_statement_publish_the_same(tmp_path: Path) -> None:
    by_gx = publish(staged_lake(tmp_path / "gx"), gx_rows=100_000)
    compiled = publish(staged_lake(tmp_path / "compiled"), gx_rows=0)
    assert by_gx.trusted.state == compiled.trusted.state
    assert by_gx.quarantine.state == compiled.quarantine.state
    assert by_gx.report.results == compiled.report.results
    assert by_gx.report.evaluated_by != compiled.report.evaluated_by


@pytest.mark.parametrize("table", ["quarantine", "trusted"])
def test_a_killed_publication_is_finished_by_the_next_run(tmp_path: Path, table: str) -> None:
    lake = staged_lake(tmp_path / "killed")
    killed = publish_elsewhere(lake.home, KILLED_BEFORE=table)
    assert killed.returncode == -9
    assert lake.trusted("orders").states() == {}
    day = publish(lake, generation="2")
    assert (day.trusted.written, day.quarantine.written) == (True, table == "quarantine")
    undisturbed = publish(staged_lake(tmp_path / "undisturbed"))
    assert day.trusted.state.fingerprint == undisturbed.trusted.state.fingerprint
    assert day.quarantine.state.fingerprint == undisturbed.quarantine.state.fingerprint


def test_the_zone_of_the_machine_changes_nothing(tmp_path: Path) -> None:
    outcomes = []
    for zone in ("UTC", "Asia/Kolkata"):
        lake = Lake(tmp_path / zone.replace("/", "-"))
        stage(lake, as_text(DIRTY), untyped=True)
        done = publish_elsewhere(lake.home, TZ=zone)
        assert done.returncode == 0, done.stderr
        outcomes.append(done.stdout)
    assert outcomes[0] == outcomes[1]


def test_d24_a_truncated_staged_file_is_named_and_nothing_is_published(tmp_path: Path) -> None:
    lake = staged_lake(tmp_path)
    (file,) = (lake.staging.root / "orders" / DAY).glob("*.parquet")
    for content in (file.read_bytes()[:-100], b""):
        file.write_bytes(content)
        with pytest.raises(LakeError, match=r"^raw/orders 2026-03-05: the staged file cannot be read \(ArrowInvalid\)"):
            publish(lake)
    assert lake.trusted("orders").states() == {}


def test_a_day_that_is_not_staged_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="raw/orders 2026-03-05 is not staged"):
        publish(Lake(tmp_path))


def test_d26_repeated_keys_go_to_quarantine_where_the_share_allows(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    stage(lake, case_rows("D26_duplicates"))
    day = publish_day(case_contract(maxQuarantinedShare=0.2), lake, ENGINE, DAY, generation="1", gx_rows=-1)
    assert (day.trusted.state.rows, day.quarantine.state.rows) == (180, 40)
    assert set(ids(lake.quarantine("orders"), "reasons")) == {"primary_key_unique"}


@pytest.mark.parametrize("gx_rows", [-1, 100_000])
def test_no_value_of_a_row_is_in_a_report_or_a_message(tmp_path: Path, gx_rows: int) -> None:
    lake = Lake(tmp_path)
    text = as_text(orders(order_id=["canary-1", "canary-1", "c", "d"], status=["canary-2", None, "canary-2", "paid"]))
    broken = [("amount", "77123.99"), ("items", "canary-3"), ("ordered_at", "1999-12-31T23:59:59Z")]
    for name, value in broken:
        text = text.set_column(text.column_names.index(name), name, [[value] * 4])
    stage(lake, text, untyped=True, unknown_columns=[])
    with pytest.raises(ContractBreach) as refused:
        publish(lake, gx_rows=gx_rows, latency=1)
    published = publish(lake, gx_rows=gx_rows, maxQuarantinedShare=1)
    reports = [path.read_text() for path in (lake.root / "validations").rglob("*.json")]
    facts = json.dumps([dict(published.trusted.state.facts), dict(published.quarantine.state.facts)])
    for told in (str(refused.value), repr(published.report), facts, *reports):
        assert not any(canary in told for canary in ("canary", "77123", "1999", "paid"))
