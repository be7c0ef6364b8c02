"""The decision rule on drawn statistics: many imagined studies judged at once, where metrics or arms are correlated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impact_pipeline.stats.decision_plan import Array, DecisionPlan, Truth, shifts

Flags = NDArray[np.bool_]

BATCH = 20_000
"""Studies drawn at a time: memory stays small for many metrics and arms."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Estimate over standard error by (study, treatment arm, metric); of guardrails against 0 and their margins."""

    success: Array
    harm: Array
    margin: Array


@dataclass(frozen=True, slots=True)
class Chances:
    """Of what a look decides: ship, rollback, or neither."""

    ship: float
    rollback: float

    @property
    def inconclusive(self) -> float:
        return 1 - self.ship - self.rollback


def ruled(plan: DecisionPlan, drawn: Statistics) -> tuple[Flags, Flags]:
    """Which studies ship an arm, and which roll one back (only where none ships).

    >>> from impact_pipeline.stats.decision_plan import SuccessTest
    >>> nothing = np.zeros((3, 1, 0))
    >>> drawn = Statistics(np.array([[[2.5]], [[0.3]], [[-2.5]]]), nothing, nothing)
    >>> ships, rolls_back = ruled(DecisionPlan((SuccessTest("orders", 1.0, 0.4),)), drawn)
    >>> ships.tolist(), rolls_back.tolist()
    ([True, False, False], [False, False, True])
    """
    won, worsened = ruled_success(plan, drawn.success)
    passed = drawn.margin > plan.margin_thresholds
    ships = np.any(won & np.all(passed, axis=2), axis=1)
    harmed = worsened | np.any((drawn.harm < -plan.harm_thresholds) & ~passed, axis=2)
    return ships, np.any(harmed, axis=1) & ~ships


def ruled_success(plan: DecisionPlan, success: Array) -> tuple[Flags, Flags]:
    """By study and arm: is a success metric shown better and none worse by itself; and is one shown worse.

    >>> from impact_pipeline.stats.decision_plan import SuccessTest
    >>> plan = DecisionPlan((SuccessTest("orders", 1.0, 0.4), SuccessTest("visits", 1.0, 0.4)))
    >>> won, worsened = ruled_success(plan, np.array([[[2.3, 0.0]], [[2.3, -1.9]], [[2.3, -2.1]], [[0.0, -2.3]]]))
    >>> won[:, 0].tolist(), worsened[:, 0].tolist()
    ([True, True, False, False], [False, False, True, True])
    """
    shown, better = _shown(plan, success), success > 0
    blocked = np.any(success < -plan.block_thresholds, axis=2)
    return np.any(shown & better, axis=2) & ~blocked, np.any(shown & ~better, axis=2)


def simulated(plan: DecisionPlan, truth: Truth, rng: Generator, draws: int = 200_000) -> Chances:
    """Chances by simulation, to about `1 / sqrt(draws)`; metrics' and arms' correlations are those of the plan.

    A metric with finite degrees of freedom draws its variance independently of the others'.

    >>> from impact_pipeline.stats.decision_plan import SuccessTest, truths
    >>> plan = DecisionPlan((SuccessTest("orders", 2.8, 1.0),))
    >>> found = simulated(plan, truths(plan)[0], np.random.default_rng(1))
    >>> round(found.ship, 2), round(found.rollback, 2)
    (0.8, 0.0)
    """
    sizes = [min(BATCH, draws - start) for start in range(0, draws, BATCH)]
    counts = np.array([np.count_nonzero(ruled(plan, _drawn(plan, truth, rng, n)), axis=1) for n in sizes])
    ship, rollback = counts.sum(axis=0) / draws
    return Chances(float(ship), float(rollback))


def _shown(plan: DecisionPlan, success: Array) -> Flags:
    """Which success metrics differ after correction, in either direction; arms are one family."""
    steps = plan.steps
    passes = np.abs(success)[:, None] > steps[None, :, None, :]
    enough = passes.sum(axis=(2, 3)) >= np.arange(1, len(steps) + 1)
    if plan.correction == "holm":
        enough = np.logical_and.accumulate(enough, axis=1)
    last = len(steps) - 1 - np.argmax(enough[:, ::-1], axis=1)
    at_last = np.take_along_axis(passes, last[:, None, None, None], axis=1)[:, 0]
    return np.asarray(at_last & np.any(enough, axis=1)[:, None, None])


def _drawn(plan: DecisionPlan, truth: Truth, rng: Generator, studies: int) -> Statistics:
    count = len(plan.success)
    noise = _noise(plan, rng, studies)
    errors = _errors(plan, rng, noise.shape)
    first = np.zeros((plan.treatments, 1))
    first[0] = 1.0
    success, harm, margin = shifts(plan, truth)
    untouched = shifts(plan, Truth("", (0.0,) * count, (0.0,) * len(plan.guardrails)))[2]
    return Statistics(
        (noise[..., :count] + first * success) / errors[..., :count],
        (noise[..., count:] + first * harm) / errors[..., count:],
        (noise[..., count:] + first * (margin - untouched) + untouched) / errors[..., count:],
    )


def _noise(plan: DecisionPlan, rng: Generator, studies: int) -> Array:
    drawn = rng.standard_normal((studies, plan.treatments, len(plan.tests)))
    if plan.treatments > 1:
        own = 1 - plan.arm_correlation
        arms = np.full((plan.treatments,) * 2, plan.arm_correlation) + own * np.eye(plan.treatments)
        drawn = np.einsum("ab,sbm->sam", _root(arms), drawn)
    return drawn if plan.correlation is None else drawn @ _root(np.asarray(plan.correlation))


def _root(correlation: Array) -> Array:
    """The symmetric square root; correlations of exactly 1 are allowed."""
    values, vectors = np.linalg.eigh(correlation)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def _errors(plan: DecisionPlan, rng: Generator, shape: tuple[int, ...]) -> Array:
    """Estimated over true standard errors."""
    degrees = np.array([test.degrees_of_freedom for test in plan.tests])
    found = np.ones(shape)
    for place in np.flatnonzero(np.isfinite(degrees)):
        found[..., place] = np.sqrt(rng.chisquare(degrees[place], shape[:2]) / degrees[place])
    return found
