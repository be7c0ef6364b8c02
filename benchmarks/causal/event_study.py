"""Event studies: a million rows with unit and period effects, beside pyfixest and linearmodels.

Run it with `python -m benchmarks.causal.event_study --rows 1000000`. All three tell nine effects by event time with
errors clustered by unit, from columns in memory: of a balanced panel, of one with a fifth of its cells missing, and of
one with missing cells, weights and two covariates. Each in one thread and in turn, after a first run that is not
counted (pyfixest compiles then). pyfixest runs in the environment of `benchmarks/peers`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from impact_pipeline.stats.difference_in_differences.eligible import Eligible, eligible
from impact_pipeline.stats.difference_in_differences.event_study import EventStudy, event_study
from impact_pipeline.stats.samples.panel import Panel, panel_of

Floats = NDArray[np.float64]
PERIODS, START = 10, 5
SEEN = 0.8
"""Share of cells with a row, of those after the first period."""
PEERS = Path(__file__).parents[1] / ".peers" / "bin" / "python"
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON", "POLARS")}
JOBS = ("balanced", "missing cells", "missing cells, weights, two covariates")
OURS, PYFIXEST, LINEARMODELS = "ours", "pyfixest", "linearmodels"


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each run by library, and the largest differences of values and errors from ours."""

    job: str
    rows: int
    seconds: dict[str, list[float]]
    apart: dict[str, tuple[float, float]]

    @property
    def ratio(self) -> float:
        """The faster library's median over ours: above 1 we are ahead."""
        theirs = [median(runs) for library, runs in self.seconds.items() if library != OURS]
        return min(theirs) / median(self.seconds[OURS])


@dataclass(frozen=True, slots=True)
class Answer:
    seconds: float
    values: Floats
    errors: Floats


def drawn(rows: int, job: str, seed: int = 0) -> Panel:
    """Three units in ten are treated from the sixth of ten periods on."""
    rng = np.random.default_rng(seed)
    units = rows // PERIODS if job == JOBS[0] else round(rows / (1 + SEEN * (PERIODS - 1)))
    unit, period = np.repeat(np.arange(units), PERIODS), np.tile(np.arange(PERIODS), units)
    kept = (period == 0) | (rng.random(len(unit)) < (1.0 if job == JOBS[0] else SEEN))
    unit, period = unit[kept], period[kept]
    on = (unit % 10 < 3) & (period >= START)
    x = rng.normal(size=(2 if job == JOBS[2] else 0, len(unit)))
    y = rng.normal(size=units)[unit] + 0.1 * period + 0.2 * on + rng.normal(size=len(unit)) + 0.3 * x.sum(axis=0)
    weights = rng.uniform(0.5, 2.0, len(unit)) if job == JOBS[2] else None
    return panel_of(unit, period, y, on, covariates={f"x{j}": own for j, own in enumerate(x)}, weights=weights)


def ours(panel: Panel) -> Answer:
    started = perf_counter()
    rows = eligible(panel)
    assert isinstance(rows, Eligible)
    found = event_study(rows, "CR1")
    assert isinstance(found, EventStudy)
    values, errors = found.values, found.std_errors
    return Answer(perf_counter() - started, values, errors)


def linearmodels(panel: Panel) -> Answer:
    """Its fastest way with weights and both effects; event columns are part of the job, as they are of ours."""
    from linearmodels.panel import PanelOLS

    ever = np.isin(panel.unit, np.unique(panel.unit[panel.treated > 0]))
    index = pd.MultiIndex.from_arrays([panel.unit, panel.period])
    started = perf_counter()
    events = {k: (ever & (panel.period == k)).astype(float) for k in range(PERIODS) if k != START - 1}
    columns = pd.DataFrame({f"e{k}": column for k, column in events.items()} | dict(panel.covariates), index=index)
    weights = None if panel.weights is None else pd.Series(panel.weights, index)
    model = PanelOLS(pd.Series(panel.outcome, index), columns, entity_effects=True, time_effects=True, weights=weights)
    fit = model.fit(cov_type="clustered", cluster_entity=True)
    k = PERIODS - 1
    values, errors = fit.params.to_numpy()[:k], fit.std_errors.to_numpy()[:k]
    return Answer(perf_counter() - started, values, errors)


@contextmanager
def pyfixest(panel: Panel) -> Iterator[subprocess.Popen[str]]:
    """A process that has the panel and fits it at each line."""
    ever = np.isin(panel.unit, np.unique(panel.unit[panel.treated > 0])).astype(np.int64)
    columns = {"y": panel.outcome, "unit": panel.unit, "period": panel.period, "ever": ever, **panel.covariates}
    if panel.weights is not None:
        columns["weight"] = panel.weights
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.npz"
        np.savez(path, **columns)  # type: ignore[arg-type]
        command = [str(PEERS), "-m", "benchmarks.causal.event_study_pyfixest", str(path), str(START - 1)]
        environment = os.environ | ONE_THREAD | {"PYTHONHASHSEED": "0"}
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            yield process
            assert process.stdin is not None
            process.stdin.close()


def asked(process: subprocess.Popen[str]) -> Answer:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("fit\n")
    process.stdin.flush()
    told = json.loads(process.stdout.readline())
    return Answer(told["seconds"], np.array(told["values"]), np.array(told["errors"]))


def measure(rows: int, repeats: int) -> list[Measured]:
    """Each job by each library in turn."""
    found = []
    for job in JOBS:
        panel = drawn(rows, job)
        with pyfixest(panel) as process, threadpool_limits(limits=1):
            sides: dict[str, Callable[[], Answer]] = {
                OURS: partial(ours, panel), PYFIXEST: partial(asked, process),
                LINEARMODELS: partial(linearmodels, panel),
            }  # fmt: skip
            runs = [{name: side() for name, side in sides.items()} for _ in range(repeats + 1)][1:]
        seconds = {name: [run[name].seconds for run in runs] for name in sides}
        apart = {name: _apart(runs[0][OURS], runs[0][name]) for name in sides if name != OURS}
        found.append(Measured(job, len(panel), seconds, apart))
    return found


def _apart(own: Answer, other: Answer) -> tuple[float, float]:
    """Largest absolute difference of values, and relative difference of errors."""
    return float(np.abs(own.values - other.values).max()), float(np.abs(other.errors / own.errors - 1).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    for one in measure(given.rows, given.repeats):
        told = ", ".join(f"{name} {median(runs):.3f} s" for name, runs in one.seconds.items())
        print(f"{one.job}: {one.rows:,} rows: {told}; the faster takes {one.ratio:.1f} times ours")
        for name, (values, errors) in one.apart.items():
            print(f"  {name}: values differ by {values:.1e}, errors by {errors:.1e} of themselves")


if __name__ == "__main__":
    main()
