"""The frame of every runner: read the question from the command line, answer it, say what the work cost."""

from __future__ import annotations

import argparse
import json
import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workload import METRICS, SEGMENTS, Home, Metric

Effects = dict[str, tuple[float, float]]
"""Metric -> effect (treatment - control, all units) and its standard error."""


@dataclass(frozen=True, slots=True)
class Question:
    home: Home
    metrics: tuple[Metric, ...]
    segments: tuple[str, ...]
    threads: int
    memory_limit: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`estimates` counts every effect that was computed, segments included."""

    effects: Effects
    estimates: int


def main(answer: Callable[[Question], Answer]) -> None:
    """Print one JSON object; CPU seconds leave out the start of the interpreter and its imports."""
    question = _question()
    before = _cpu_s()
    answered = answer(question)
    print(json.dumps({"work_cpu_s": _cpu_s() - before, "estimates": answered.estimates, "effects": answered.effects}))


def _question() -> Question:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--metrics", type=int, default=len(METRICS))
    parser.add_argument("--segments", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="4GB")
    given = parser.parse_args()
    home = Home(given.home.resolve())
    return Question(home, METRICS[: given.metrics], SEGMENTS[: given.segments], given.threads, given.memory_limit)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
