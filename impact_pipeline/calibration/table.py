"""The leaderboard of our own trustworthiness: what trials of each scenario add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from impact_pipeline.calibration.scenario import Scenario
from impact_pipeline.calibration.trial import Trial

Judgement = Literal["as promised", "too few draws to tell", "off"]

COVERAGE = (0.92, 0.98)
"""Where the coverage of 95 % intervals has to lie while assumptions hold."""
CAUGHT = 0.90
"""Share of draws with broken assumptions in which a check has to fail, or the estimator to refuse."""
MISLEADS = 0.05
"""Share of draws with broken assumptions that may make a significant false claim with a grade that may ship."""
ERRORS = 3.0
"""Monte-Carlo standard errors by which a share may lie beyond its bounds by chance."""


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """One scenario. Shares are of all draws, but coverage, bias and error, which are of those with a number.

    `bias` is the mean error, `bias_error` its Monte-Carlo error, `spread` the standard deviation of the estimates.
    `rejects` is the share with p < .05: the size where the true effect is 0, the power elsewhere. `misleads` counts
    significant numbers of a grade that may ship with a claim that is not true. `alarms` are the checks that cost the
    grade, with their share of draws: false alarms where assumptions hold.
    """

    scenario: str
    title: str
    design: str
    method: str
    broken: str
    draws: int
    truth: float
    bias: float | None
    bias_error: float | None
    spread: float | None
    coverage: float | None
    rejects: float
    refused: float
    graded_d: float
    caught: float
    misleads: float
    judgement: Judgement
    told: str
    alarms: str

    @property
    def has_effect(self) -> bool:
        return self.truth != 0


def row_of(scenario: Scenario, trials: Sequence[Trial]) -> CalibrationRow:
    """What the trials of a scenario add up to, and whether that is what we promise."""
    known = [one for one in trials if one.value is not None]
    errors = np.array([float(one.value or 0.0) - one.truth for one in known])
    coverage = _share([one.covered for one in known]) if known else None
    caught, misleads = _share([one.caught for one in trials]), _share([one.misleads for one in trials])
    judgement, told = _judged(scenario, coverage, caught, misleads, len(known), len(trials))
    return CalibrationRow(
        scenario.name, scenario.title, scenario.design.type, trials[0].method, scenario.broken, len(trials),
        float(np.mean([one.truth for one in trials])), float(np.mean(errors)) if known else None,
        float(np.std(errors, ddof=1) / sqrt(len(errors))) if len(errors) > 1 else None,
        float(np.std(errors, ddof=1)) if len(errors) > 1 else None, coverage,
        _share([one.significant for one in trials]), _share([one.value is None for one in trials]),
        _share([one.grade == "D" for one in trials]), caught, misleads, judgement, told,
        _alarms(trials),
    )  # fmt: skip


def _alarms(trials: Sequence[Trial]) -> str:
    names = dict.fromkeys(name for one in trials for name in one.failed)
    shares = sorted(((_share([name in one.failed for one in trials]), name) for name in names), reverse=True)
    return ", ".join(f"{name} {share:.0%}" for share, name in shares)


def _judged(
    scenario: Scenario, coverage: float | None, caught: float, misleads: float, known: int, draws: int
) -> tuple[Judgement, str]:
    if not scenario.holds:
        told = f"caught in {caught:.0%} of draws, {CAUGHT:.0%} are promised"
        misled = f"misleads in {misleads:.0%} of draws, at most {MISLEADS:.0%} are promised"
        found = _bounded(misleads, 0.0, MISLEADS, draws, misled)
        return found if found[0] == "off" else _bounded(caught, CAUGHT, 1.0, draws, told)
    if coverage is None:
        return "off", "no draw has a number"
    promised = f"{COVERAGE[0]:.0%} to {COVERAGE[1]:.0%} are promised"
    return _bounded(coverage, *COVERAGE, known, f"intervals hold the truth in {coverage:.1%} of draws, {promised}")


def _bounded(share: float, lower: float, upper: float, draws: int, told: str) -> tuple[Judgement, str]:
    """A share outside of its bounds by no more than chance is left open."""
    if lower <= share <= upper:
        return "as promised", told
    nearest = min(max(share, lower), upper)
    chance = ERRORS * sqrt(max(nearest * (1 - nearest), 1 / draws) / draws)
    return ("too few draws to tell" if abs(share - nearest) <= chance else "off"), told


def _share(marks: Sequence[bool]) -> float:
    return sum(marks) / len(marks) if marks else 0.0
