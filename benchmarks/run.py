"""Run every runner in turn, several rounds, and print medians, ratios against the targets and peak memory.

Only the standard library is imported, and rows are generated in a process of their own: a child's peak memory is never
below that of the process that started it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.targets import ONE, SPLIT, TARGETS, WHOLE, Question, Run, medians
from benchmarks.workload import METRICS, UNITS, Home

ROOT = Path(__file__).resolve().parents[1]
PEERS_PYTHON = ROOT / "benchmarks" / ".peers" / "bin" / "python"
RUNNERS: Mapping[str, tuple[Question, ...]] = {
    "plain_scan": (WHOLE,),
    "duckdb_by_hand": (WHOLE, SPLIT, ONE),
    "ours": (WHOLE, SPLIT, ONE),
    "tea_tasting_ibis": (WHOLE, SPLIT),
    "duckreg_compressed": (WHOLE, SPLIT),
    "pyfixest_feols": (WHOLE, SPLIT),
    "pandas_statsmodels": (WHOLE, SPLIT),
}
OWN_ENVIRONMENT = dict.fromkeys(("tea_tasting_ibis", "duckreg_compressed", "pyfixest_feols"), PEERS_PYTHON)

EXACT_TOLERANCE, ADJUSTED_TOLERANCE = 1e-6, 0.01
"""In standard errors: how far two runners' effects may lie apart, without and with a covariate (theta is pooled
within arms by some and over all units by others)."""

Effects = dict[str, tuple[float, float]]


class Disagreement(Exception):
    """Two runners answered the same question differently, so their costs do not compare."""


def main() -> None:
    given = _arguments()
    units = given.units or UNITS[given.size]
    home = Home(given.data.resolve() / f"units_{units}")
    if not home.finished.exists():
        _log(f"Generating {units:,} units below {home.path}")
        subprocess.run(
            [sys.executable, "-m", "benchmarks.generate", "--home", home.path, "--units", str(units)],
            check=True,
            cwd=ROOT,
        )
    runs = list(_rounds(home, given))
    if not given.keep:
        shutil.rmtree(home.path)
    if given.json:
        print(json.dumps(_document(units, runs), indent=2))
    else:
        print("\n".join(_table(units, given.rounds, runs)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=sorted(UNITS), default="S")
    parser.add_argument("--units", type=int, help="a size of your own, e.g. 100000 for a quick look")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=sorted(RUNNERS), default=list(RUNNERS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="4GB", help="of each DuckDB runner")
    parser.add_argument("--data", type=Path, default=ROOT / "benchmarks" / ".data")
    parser.add_argument("--keep", action="store_true", help="leave the generated rows for the next time")
    parser.add_argument("--json", action="store_true", help="every run as JSON on stdout")
    return parser.parse_args()


def _rounds(home: Home, given: argparse.Namespace) -> Iterator[Run]:
    """Runners alternate, so that what else the machine does hits all of them alike."""
    agreed: Effects = {}
    for number in range(1, given.rounds + 1):
        for runner in given.only:
            if not _python(runner).exists():
                _log(f"{runner} is left out: {_python(runner)} is not there (make bench installs the peers)")
                continue
            for question in RUNNERS[runner]:
                run, effects = _run(home, runner, question, given)
                _agree(runner, effects, agreed)
                _log(f"round {number}  {runner} {question}: {run.process_cpu_s:.2f} cpu s, {run.peak_rss_mib:.0f} MiB")
                yield run


def _python(runner: str) -> Path:
    return OWN_ENVIRONMENT.get(runner, Path(sys.executable))


def _run(home: Home, runner: str, question: Question, given: argparse.Namespace) -> tuple[Run, Effects]:
    options = {
        "--home": home.path, "--metrics": question[0], "--segments": question[1],
        "--threads": given.threads, "--memory-limit": given.memory_limit,
    }  # fmt: skip
    command = [
        _python(runner),
        "-m",
        f"benchmarks.peers.{runner}",
        *(part for item in options.items() for part in item),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, cwd=ROOT, env=environment)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{runner} {question} failed with exit code {process.returncode}")
    answer: dict[str, Any] = json.loads(printed)
    cpu_s = used.ru_utime + used.ru_stime
    effects: Effects = answer["effects"]
    return Run(runner, question, answer["work_cpu_s"], cpu_s, used.ru_maxrss / 1024, len(effects)), effects


def _agree(runner: str, effects: Effects, agreed: Effects) -> None:
    """Refuse to compare costs of different answers; the first answer to a metric is the reference."""
    adjusted = {metric.name for metric in METRICS if metric.covariate}
    for name, (effect, error) in effects.items():
        reference, _ = agreed.setdefault(name, (effect, error))
        tolerance = ADJUSTED_TOLERANCE if name in adjusted else EXACT_TOLERANCE
        if abs(effect - reference) > tolerance * error:
            raise Disagreement(f"{runner}: {name} is {effect!r}, others say {reference!r} (standard error {error:.3g})")


def _document(units: int, runs: list[Run]) -> dict[str, Any]:
    costs = medians(runs)
    targets = [{**asdict(target), "ratio": target.ratio(costs)} for target in TARGETS]
    medians_ = [asdict(run) for run in costs.values()]
    return {"units": units, "runs": [asdict(run) for run in runs], "medians": medians_, "targets": targets}


def _table(units: int, rounds: int, runs: list[Run]) -> Iterator[str]:
    costs = medians(runs)
    yield f"{units:,} units, median of {rounds} rounds, peak memory of the whole process"
    head = f"{'metrics':>7} {'answered':>8} {'segments':>8} {'work cpu s':>10} {'process cpu s':>13} {'peak MiB':>8}"
    yield f"{'runner':20} {head}"
    for run in costs.values():
        metrics, segments = run.question
        cost = f"{run.work_cpu_s:10.2f} {run.process_cpu_s:13.2f} {run.peak_rss_mib:8.0f}"
        yield f"{run.runner:20} {metrics:7} {run.answered:8} {segments:8} {cost}"
    yield ""
    yield f"{'ours against':44} {'metrics':>7} {'segments':>8} {'ratio':>7} {'at most':>7}"
    for target in TARGETS:
        ratio = target.ratio(costs)
        shown = "-" if ratio is None else f"{ratio:.2f}"
        verdict = "" if ratio is None or ratio <= target.bound else "  missed"
        yield f"{target.sentence:44} {target.question[0]:7} {target.question[1]:8} {shown:>7} {target.bound:7}{verdict}"


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
