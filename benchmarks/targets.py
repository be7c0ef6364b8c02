"""What the measured costs are held against, as ratios between runs of the same round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from benchmarks.workload import METRICS, SEGMENTS

Question = tuple[int, int]
"""Number of metrics and of segments."""

WHOLE, SPLIT, ONE = (len(METRICS), 0), (len(METRICS), len(SEGMENTS)), (1, 0)


@dataclass(frozen=True, slots=True)
class Run:
    """One process: CPU seconds of the work alone and of the whole process, peak memory, number of metrics answered."""

    runner: str
    question: Question
    work_cpu_s: float
    process_cpu_s: float
    peak_rss_mib: float
    answered: int


@dataclass(frozen=True, slots=True)
class Target:
    """`ours` over `other` may be at most `bound`; `field` names the cost of `Run` that is compared."""

    sentence: str
    question: Question
    other: str
    other_question: Question
    field: str
    bound: float

    def ratio(self, costs: Mapping[tuple[str, Question], Run]) -> float | None:
        """None where one of the two was not run."""
        ours, other = costs.get(("ours", self.question)), costs.get((self.other, self.other_question))
        if ours is None or other is None:
            return None
        divisor: float = getattr(other, self.field)
        return float(getattr(ours, self.field) / divisor)


WORK, PROCESS = "work_cpu_s", "process_cpu_s"

TARGETS = (
    Target("hand-written join and group-by on doubles", WHOLE, "duckdb_by_hand", WHOLE, WORK, 1.25),
    Target("plain scan of the day files", WHOLE, "plain_scan", WHOLE, WORK, 6.5),
    Target("itself without segments", SPLIT, "ours", WHOLE, WORK, 1.15),
    Target("itself with one metric", WHOLE, "ours", ONE, WORK, 3.0),
    Target("tea-tasting", WHOLE, "tea_tasting_ibis", WHOLE, PROCESS, 0.55),
    Target("tea-tasting", SPLIT, "tea_tasting_ibis", SPLIT, PROCESS, 0.25),
    Target("pandas and statsmodels", WHOLE, "pandas_statsmodels", WHOLE, PROCESS, 0.25),
    Target("pandas and statsmodels", SPLIT, "pandas_statsmodels", SPLIT, PROCESS, 0.1),
    Target("duckreg", SPLIT, "duckreg_compressed", SPLIT, PROCESS, 0.1),
    Target("pyfixest", SPLIT, "pyfixest_feols", SPLIT, PROCESS, 0.06),
)


def medians(runs: list[Run]) -> dict[tuple[str, Question], Run]:
    """The median of each cost over the rounds, per runner and question."""
    grouped: dict[tuple[str, Question], list[Run]] = {}
    for run in runs:
        grouped.setdefault((run.runner, run.question), []).append(run)
    return {key: _median(*key, group) for key, group in grouped.items()}


def _median(runner: str, question: Question, group: list[Run]) -> Run:
    costs = {name: median(getattr(run, name) for run in group) for name in (WORK, PROCESS, "peak_rss_mib")}
    return Run(runner, question, **costs, answered=group[0].answered)
