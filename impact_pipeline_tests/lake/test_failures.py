"""What failed stands until it is mended."""

from __future__ import annotations

from pathlib import Path

from impact_pipeline.lake.failures import Failed, Failures


def failed(asset: str = "trusted/orders", partition: str = "2026-03-04", message: str = "refused") -> Failed:
    return Failed(asset, partition, "ContractBreach", message, "2026-03-05T04:00:00+00:00")


def test_a_failure_stands_until_it_is_cleared(tmp_path: Path) -> None:
    failures = Failures(tmp_path)
    assert failures.all() == ()
    failures.record(failed())
    assert failures.all() == (failed(),)
    assert failures.of("trusted/orders", "2026-03-04") == failed()
    failures.clear("trusted/orders", "2026-03-04")
    assert failures.all() == ()
    assert failures.of("trusted/orders", "2026-03-04") is None


def test_clearing_what_never_failed_is_nothing(tmp_path: Path) -> None:
    Failures(tmp_path).clear("raw/orders", "2026-03-04")


def test_the_newest_failure_of_a_partition_replaces_the_older(tmp_path: Path) -> None:
    failures = Failures(tmp_path)
    failures.record(failed(message="first"))
    failures.record(failed(message="second"))
    assert [f.message for f in failures.all()] == ["second"]


def test_failures_come_in_order_and_whole_assets_have_no_partition(tmp_path: Path) -> None:
    failures = Failures(tmp_path)
    for each in (failed("reports/site", ""), failed(partition="2026-03-05"), failed()):
        failures.record(each)
    assert [(f.asset, f.partition) for f in failures.all()] == [
        ("reports/site", ""),
        ("trusted/orders", "2026-03-04"),
        ("trusted/orders", "2026-03-05"),
    ]
