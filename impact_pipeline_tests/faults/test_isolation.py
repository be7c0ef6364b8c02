"""Faults of four kinds in two nights: each is named where a user looks, all else completes, and mending repairs it.

One home goes through it in order: the nights with the faults, then what they left, then the repair.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from impact_pipeline.defs.assembly import definitions_of
from impact_pipeline.world import faults
from impact_pipeline_tests.end_to_end.company import (
    DATASETS,
    EVE,
    NIGHTS,
    copied,
    impact,
    lake_digest,
    rows_by_partition,
    tables_of,
)

EARLY, LATE = NIGHTS[EVE], NIGHTS[EVE + 1]
PLAN = Path("catalog") / "studies" / "reco_ramp.yaml"
STANDING = [
    ("raw/exposures", str(EARLY), "SourceError"),
    ("trusted/orders", str(EARLY), "ContractBreach"),
    ("trusted/sessions", str(LATE), "ContractBreach"),
    ("study/exposures", "reco_ramp", "InputError"),
]
"""What stands failed, in the order in which `impact failed` lists it."""

MESSAGES = {
    "raw/exposures": f"delivers nothing for {EARLY}: no file matches exposures/{EARLY}/*.parquet",
    "trusted/orders": "rows would be quarantined; impact.maxQuarantinedShare is 0.05",
    "trusted/sessions": "column 'page_views' is required and was not delivered",
    "study/exposures": "studies/reco_ramp.yaml:26: ends: Input should be a valid date",
}
DOWNSTREAM = {
    "raw/exposures": ("trusted/exposures", "quarantine/exposures"),
    "trusted/orders": ("quarantine/orders", "unit_days/orders"),
    "trusted/sessions": ("quarantine/sessions", "unit_days/sessions"),
    "study/exposures": ("study/cells", "study/findings", "study/estimates", "study/verdict"),
}
"""What the run of a failed asset had planned after it and did not make."""


@dataclass(frozen=True)
class Nights:
    """A home after two faulty nights, and what their commands said."""

    home: Path
    early: CompletedProcess[str]
    late: CompletedProcess[str]


@pytest.fixture(scope="module")
def nights(homes: Path, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    home = copied(homes / "eve", tmp_path_factory.mktemp("faulty") / "home")
    faults.break_contract(home, "orders", EARLY)
    faults.remove_file(home, "exposures", EARLY)
    faults.drop_column(home, "sessions", LATE, "page_views")
    plan = home / PLAN
    plan.write_text(re.sub(r"(?m)^ends: .*$", "ends: someday", plan.read_text()))
    early = impact(home, "nightly", "--date", str(EARLY))
    late = impact(home, "nightly", "--date", str(LATE), "--json")
    return Nights(home, early, late)


def text_of(page: Path) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page.read_text())).replace("\u00a0", " ")


def failed(home: Path) -> list[dict[str, Any]]:
    done = impact(home, "failed", "--json")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert done.returncode == (2 if found else 0)
    return found


def test_stderr_names_each_fault_and_the_exit_code_is_2(nights: Nights) -> None:
    assert nights.early.returncode == 2
    lines = nights.early.stderr.splitlines()
    for asset, partition, _ in STANDING:
        found = [line for line in lines if line.startswith(f"failed: {asset} {partition}: ")]
        assert [MESSAGES[asset] in line for line in found] == ([] if partition == str(LATE) else [True])
    assert any(line.startswith(f"fault: {MESSAGES['study/exposures']}") for line in lines)
    assert "Traceback" not in nights.early.stderr


def test_json_names_each_fault_with_its_place(nights: Nights) -> None:
    assert nights.late.returncode == 2
    told = json.loads(nights.late.stdout)
    assert {(f["asset"], f["partition"], f["error"]) for f in told["failed"]} == set(STANDING)
    assert all(MESSAGES[f["asset"]] in f["message"] for f in told["failed"])
    assert [(f["file"], f["line"], f["field"]) for f in told["faults"]] == [("studies/reco_ramp.yaml", 26, "ends")]
    assert {s["study"]: s["verdict"] for s in told["studies"]} == {
        "ranker_v7": "hold", "search_aa": "hold", "reco_ramp": "failed",
    }  # fmt: skip


def test_on_call_sees_cause_blast_radius_and_command_of_each(nights: Nights) -> None:
    entries = failed(nights.home)
    assert [(e["asset"], e["partition"], e["error"]) for e in entries] == STANDING
    held = {entry["asset"]: (entry["features"], entry["studies"]) for entry in entries}
    both = ["ranker_v7", "search_aa"]
    assert held == {
        "raw/exposures": ([], both),
        "trusted/orders": (["orders_14d_before", "orders_7d_learnt", "revenue_14d_before"], both),
        "trusted/sessions": (["orders_7d_learnt", "sessions_14d_before"], ["ranker_v7"]),
        "study/exposures": ([], ["reco_ramp"]),
    }
    redone = ["raw/exposures", "raw/orders", "raw/sessions", "study/exposures"]
    expected = [f"impact redo {asset} {standing[1]}" for asset, standing in zip(redone, STANDING, strict=True)]
    assert [entry["command"] for entry in entries] == expected
    assert impact(nights.home, "failed").stdout.count("  redo:     impact redo ") == len(STANDING)


def test_the_report_names_the_faulty_plan_and_the_missing_days(nights: Nights) -> None:
    reports = nights.home / "reports"
    index = text_of(reports / "index.html")
    for asset, partition, _ in STANDING:
        assert re.search(rf"{partition if asset.startswith('study') else asset} ", index)
        assert MESSAGES[asset] in index
    page = text_of(reports / "studies" / "ranker_v7.html")
    assert f"2 input days are missing (fact orders: {EARLY}; trusted/exposures: {EARLY})." in page


def test_a_metric_that_divides_by_zero_is_refused_and_the_others_are_estimated(homes: Path) -> None:
    home = homes / "done"
    pointer = json.loads((home / "lake" / "results" / "ranker_v7" / "current-estimates.json").read_text())
    stored = json.loads((home / "lake" / "results" / pointer["path"]).read_text())
    overall = {r["metric"]: r for r in stored["estimates"]["results"] if r["segment"] == ["", ""]}
    refused = {name: result["reason"] for name, result in overall.items() if result["type"] == "not_estimable"}
    assert refused == {"pace": "measure_undefined", "seen_share": "zero_variance"}
    page = text_of(home / "reports" / "studies" / "ranker_v7.html")
    assert re.search(r"Pace cannot be estimated: the measure has no finite value in some rows \(.*divi", page)


def test_everything_else_is_complete(nights: Nights, homes: Path) -> None:
    """Days that did not fail hold the rows of the undisturbed nights; no refused day was published."""
    refused = {("exposures", str(EARLY)), ("orders", str(EARLY)), ("sessions", str(LATE))}
    for dataset in DATASETS:
        found = rows_by_partition(nights.home / "lake" / "trusted" / dataset)
        expected = rows_by_partition(homes / "done" / "lake" / "trusted" / dataset)
        assert found == {day: rows for day, rows in expected.items() if (dataset, day) not in refused}
    built = {path.name for path in tables_of(nights.home) if path.parent.name == "cells"}
    assert built >= {"ranker_v7", "search_aa"}


def test_dagster_shows_exactly_the_failed_partitions(nights: Nights) -> None:
    expected = {
        (name, partition) for asset, partition, _ in STANDING for name in (asset, *DOWNSTREAM[asset])
    }  # fmt: skip
    assert partitions_failed(nights.home) == expected


def partitions_failed(home: Path) -> set[tuple[str, str]]:
    """(asset, partition) pairs that the UI shows as failed, of every partitioned asset."""
    graph = definitions_of(home).resolve_asset_graph()
    found: set[tuple[str, str]] = set()
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        for key in graph.materializable_asset_keys:
            partitions = graph.get(key).partitions_def
            status = partitions and get_and_update_asset_status_cache_value(instance, key, partitions)
            if partitions and status:
                names = status.deserialize_failed_partition_subsets(partitions).get_partition_keys()
                found.update(("/".join(key.path), name) for name in names)
    return found


def test_mending_and_redoing_what_failed_repairs_everything_downstream(nights: Nights, homes: Path) -> None:
    shutil.copytree(homes / "done" / "raw", nights.home / "raw", dirs_exist_ok=True)
    shutil.copyfile(homes / "done" / PLAN, nights.home / PLAN)
    commands = [shlex.split(entry["command"]) for entry in failed(nights.home)]
    codes = [impact(nights.home, *words[1:]).returncode for words in commands]
    assert codes == [2] * (len(commands) - 1) + [0]
    assert lake_digest(nights.home, history=False) == lake_digest(homes / "done", history=False)
    done = impact(nights.home, "failed")
    assert (done.returncode, done.stdout.strip()) == (0, "nothing stands failed")
    assert partitions_failed(nights.home) == set()
