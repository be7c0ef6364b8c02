"""Run scenarios: draws in processes of their own, rows in the order of the scenarios."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter

from impact_pipeline.calibration.registry import scenario_named
from impact_pipeline.calibration.scenario import Scenario
from impact_pipeline.calibration.table import CalibrationRow, row_of
from impact_pipeline.calibration.trial import Trial, trial

FULL_DRAWS = 400
PIECE = 20
"""Draws that a process takes at a time."""

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a run found: `mode` says how many draws it took, `seed` which."""

    mode: str
    seed: int
    rows: tuple[CalibrationRow, ...]

    @property
    def off(self) -> tuple[CalibrationRow, ...]:
        """Rows that are not as promised, beyond chance."""
        return tuple(row for row in self.rows if row.judgement == "off")


def calibrate(
    wanted: Sequence[Scenario], *, full: bool, seed: int, workers: int, tell: Told, draws: int | None = None
) -> Calibration:
    """Every draw of every scenario; the same rows for the same seed, whatever the number of workers."""
    pieces = [(one.name, start, end) for one in wanted for start, end in _pieces(draws or _draws(one, full))]
    found: dict[str, dict[int, tuple[Trial, ...]]] = {one.name: {} for one in wanted}
    left = {one.name: sum(name == one.name for name, *_ in pieces) for one in wanted}
    began, done = perf_counter(), 0
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(_piece, name, start, end, seed): (name, start) for name, start, end in pieces}
        for future in as_completed(running):
            name, start = running[future]
            found[name][start] = future.result()
            left[name] -= 1
            if not left[name]:
                done += 1
                tell(f"{done} of {len(wanted)} scenarios, {perf_counter() - began:.0f} s: {name}")
    rows = tuple(
        row_of(one, [t for start in sorted(found[one.name]) for t in found[one.name][start]]) for one in wanted
    )
    return Calibration("full" if full else "quick", seed, rows)


def _draws(scenario: Scenario, full: bool) -> int:
    return FULL_DRAWS if full else scenario.quick


def _pieces(draws: int) -> list[tuple[int, int]]:
    return [(start, min(start + PIECE, draws)) for start in range(0, draws, PIECE)]


def _piece(name: str, start: int, end: int, seed: int) -> tuple[Trial, ...]:
    scenario = scenario_named(name)
    return tuple(trial(scenario, number, seed) for number in range(start, end))
