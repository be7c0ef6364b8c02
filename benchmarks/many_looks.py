"""What inference costs beside its data pass: 20 metrics, ten segments, three arms, thirty looks.

    python -m benchmarks.many_looks                    # 5,000,000 units, 50,000,000 events
    python -m benchmarks.many_looks --units 200000     # a quick look

One pass over the events makes the cells; from them every look at every metric, arm and segment value is estimated
with interval, p-value and lift. Looks are the thirty days from the closing of the first window on.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import scipy.special  # noqa: F401

from benchmarks.our_lake import GENERATION, MANY_LOOKS
from benchmarks.workload import FIRST_DAY, LAST_DAY, UNITS, WINDOW_DAYS, Home
from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.estimators.look import Look, Subject, effects_by_look, look_at
from impact_pipeline.estimators.study import contrasts, estimate_study
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.cells_table import read_cells
from impact_pipeline.outcomes.measure import measure

ROOT = Path(__file__).resolve().parents[1]
LOOKS = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=UNITS["M"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="4GB")
    parser.add_argument("--data", type=Path, default=ROOT / "benchmarks" / ".data")
    given = parser.parse_args()
    home = Home(given.data.resolve() / f"units_{given.units}")
    if not home.finished.exists():
        command = ["-m", "benchmarks.generate", "--home", str(home.path), "--units", str(given.units)]
        subprocess.run([sys.executable, *command], check=True, cwd=ROOT)
    study, engine = _study(home), DuckDBEngine(given.threads, given.memory_limit)
    for number in range(1, given.rounds + 1):
        print(f"round {number}: {_round(home, study, engine)}", flush=True)


def _study(home: Home) -> Study:
    return read_catalog(home.path / "catalog").study(MANY_LOOKS)


def _round(home: Home, study: Study, engine: DuckDBEngine) -> str:
    lake = Lake(home.path)
    table = lake.cells(study.name)
    shutil.rmtree(table.path, ignore_errors=True)
    passed = time.process_time()
    measure(study, LAST_DAY, lake=lake, engine=engine, generation=GENERATION)
    read = time.process_time()
    cells = read_cells(table, engine)
    inferred = time.process_time()
    count = _infer(study, cells)
    told = time.process_time()
    estimate_study(study, cells, LAST_DAY, final=True, plan_digest="benchmark")
    ended = time.process_time()
    data, inference = inferred - passed, told - inferred
    return (
        f"data pass {read - passed:.2f} cpu s, cells read {inferred - read:.2f}; {count:,} estimates"
        f" {inference:.3f} cpu s ({1e6 * inference / count:.2f} us each, {100 * inference / data:.2f} % of the data);"
        f" one night's report of results {ended - told:.2f} cpu s"
    )


def _infer(study: Study, cells: Cells) -> int:
    look = look_at(study, cells, LAST_DAY)
    first = FIRST_DAY + timedelta(days=WINDOW_DAYS - 1)
    days = [first + timedelta(days=number) for number in range(LOOKS)]
    return sum(_estimates(look, days, name) for name in study.metrics_by_name)


def _estimates(look: Look, days: list[date], name: str) -> int:
    use = next(use for use in look.study.uses if use.name == name)
    metric = look.study.metrics_by_name[name]
    own = look.study.readings_of(metric)[0]
    subjects = [Subject(use, metric, own, contrast) for contrast in contrasts(look.study)]
    asked = effects_by_look(look, subjects, days, look.cells.axes.groups)
    return sum(int((one.effects.refused < 0).sum()) for one in asked)


if __name__ == "__main__":
    main()
