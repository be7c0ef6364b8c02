"""The benchmark's rows repeat, its runners answer alike, and its ratios are taken between the right runs."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest

from benchmarks.generate import events, exposures, generate, population
from benchmarks.peers import duckdb_by_hand, ours
from benchmarks.peers.answering import Question
from benchmarks.run import Disagreement, Effects, _agree
from benchmarks.targets import ONE, SPLIT, WHOLE, Run, Target, medians
from benchmarks.workload import METRICS, SEGMENTS, Home

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = Home(tmp_path_factory.mktemp("workload"))
    generate(made, units=1500, seed=1)
    return made


def test_events_are_the_same_for_the_same_seed_only() -> None:
    people = population(300, np.random.default_rng(1))
    assert events(people, 1, 4, doubles=False) == events(people, 1, 4, doubles=False)
    assert events(people, 1, 4, doubles=False) != events(people, 2, 4, doubles=False)


def test_every_unit_is_exposed_once_under_a_key_of_its_own() -> None:
    table = exposures(population(5000, np.random.default_rng(1)))
    assert len(table["unit"].unique()) == table.num_rows == 5000


def test_doubles_and_exact_rows_hold_the_same_numbers(home: Home) -> None:
    with duckdb.connect() as connection:
        sums = "count(*), sum(cast(revenue AS DECIMAL(18,2))), sum(cast(views AS BIGINT)), max(event_at)"
        exact = f"{home.path}/lake/trusted/events/*/*.parquet"
        found = [connection.execute(f"SELECT {sums} FROM '{files}'").fetchall() for files in (home.events, exact)]
    assert found[0] == found[1]


@pytest.mark.parametrize("segments", [(), pytest.param(SEGMENTS, marks=pytest.mark.slow)])
def test_ours_and_the_hand_written_sql_agree(home: Home, segments: tuple[str, ...]) -> None:
    question = Question(home, METRICS, segments, threads=2, memory_limit="1GB")
    found, by_hand = ours.answer(question), duckdb_by_hand.answer(question)
    assert found.estimates == by_hand.estimates == 20 * (1 + 12 * len(segments))
    assert found.effects.keys() == by_hand.effects.keys()
    for name, (effect, error) in by_hand.effects.items():
        assert math.isclose(found.effects[name][0], effect, abs_tol=1e-6 * error), name
        assert math.isclose(found.effects[name][1], error, rel_tol=1e-6), name


def test_runners_that_disagree_are_not_compared() -> None:
    agreed: Effects = {"revenue": (1.0, 0.1)}
    _agree("a", {"revenue": (1.0 + 1e-8, 0.1)}, agreed)
    with pytest.raises(Disagreement, match=r"b: revenue is 1\.1, others say 1\.0 \(standard error 0\.1\)"):
        _agree("b", {"revenue": (1.1, 0.1)}, agreed)


def test_ratio_compares_medians_of_the_named_cost() -> None:
    costs = medians(
        [
            *(Run("ours", WHOLE, work, 9.0, 100.0, 20) for work in (1.0, 8.0, 2.0)),
            Run("plain_scan", WHOLE, 0.5, 1.0, 50.0, 0),
        ]
    )
    assert Target("plain scan", WHOLE, "plain_scan", WHOLE, "work_cpu_s", 6.5).ratio(costs) == 4.0
    assert Target("plain scan", WHOLE, "plain_scan", WHOLE, "process_cpu_s", 6.5).ratio(costs) == 9.0
    assert Target("itself", SPLIT, "ours", ONE, "work_cpu_s", 1.0).ratio(costs) is None


@pytest.mark.slow
def test_a_whole_run_prints_every_ratio_its_runners_allow(tmp_path: Path) -> None:
    runners = ("plain_scan", "duckdb_by_hand", "ours", "pandas_statsmodels")
    command = [
        sys.executable,
        "-m",
        "benchmarks.run",
        "--units",
        "2000",
        "--rounds",
        "1",
        "--data",
        str(tmp_path),
        "--json",
    ]
    done = subprocess.run([*command, "--only", *runners], check=True, capture_output=True, text=True, cwd=ROOT)
    document = json.loads(done.stdout)
    assert {run["runner"] for run in document["runs"]} == set(runners)
    without = [target["other"] for target in document["targets"] if target["ratio"] is None]
    assert without == ["tea_tasting_ibis", "tea_tasting_ibis", "duckreg_compressed", "pyfixest_feols"]
    assert list(tmp_path.iterdir()) == []
