"""`impact plan power` as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from impact_pipeline.lake.lake import Lake
from impact_pipeline_tests.outcomes.shop_rows import fill, random_rows
from impact_pipeline_tests.small_shop import document, write_catalog

MAIN = "from impact_pipeline.cli import main; main()"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    fill(Lake(home), write_catalog(home / "catalog"), random_rows(1))
    return home


def power(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "IMPACT_HOME": str(home)}
    command = [sys.executable, "-c", MAIN, "plan", "power", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


def test_a_plan_is_told_as_a_table_and_as_json(home: Path) -> None:
    done = power(home, "ranker_v2", "--population", "orders")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ranker_v2: ")
    assert max(map(len, done.stdout.splitlines())) <= 100
    told = json.loads(power(home, "ranker_v2", "--population", "orders", "--json").stdout)
    assert [metric["metric"] for metric in told["metrics"]] == [
        "revenue", "web_buyers", "late_revenue_per_order", "price",
    ]  # fmt: skip
    assert told["history"]["population"] == "users in 'orders'"


def test_a_plan_is_told_alike_each_time(home: Path) -> None:
    first, second = (power(home, "ranker_v2", "--json").stdout for _ in range(2))
    assert first == second


def test_a_chart_is_drawn(home: Path, tmp_path: Path) -> None:
    done = power(home, "ranker_v2", "--population", "orders", "--chart", str(tmp_path / "curve.svg"))
    assert done.returncode == 0, done.stderr
    assert "<svg" in (tmp_path / "curve.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing"], "study 'nothing' is not in the catalog; studies are ranker_v2"),
        (["ranker_v2", "--population", "sales"], "--population 'sales' is no fact about a user; such facts are orders"),
        (["ranker_v2", "--chart", "curve.pdf"], "--chart 'curve.pdf': charts are written as .png or .svg"),
    ],
)
def test_wrong_input_is_told_in_one_line(home: Path, arguments: list[str], told: str) -> None:
    done = power(home, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {told}")
    assert done.stderr.count("\n") == 1


def test_a_faulty_plan_is_told_where_it_is_faulty(tmp_path: Path) -> None:
    write_catalog(tmp_path / "catalog")
    plan = document("studies/ranker_v2.yaml").replace("role: success}", "role: success, expected: {relative: -0.1}}")
    (tmp_path / "catalog" / "studies" / "ranker_v2.yaml").write_text(plan)
    done = power(tmp_path, "ranker_v2")
    assert done.returncode == 1
    assert "studies/ranker_v2.yaml:15: metrics.0.expected.relative" in done.stderr


def test_an_empty_lake_is_told(tmp_path: Path) -> None:
    write_catalog(tmp_path / "catalog")
    done = power(tmp_path, "ranker_v2")
    assert done.returncode == 1
    assert "the lake holds no day of 'exposures': there is no history to plan 'ranker_v2' from" in done.stderr
