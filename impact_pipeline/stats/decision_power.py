"""What a whole decision rule does: P(ship | good), P(ship | harmful), P(rollback | harmful), and if it ever fires."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, prod
from typing import Self

import numpy as np
from numpy.random import Generator

from impact_pipeline.stats.decision_plan import GOOD, NO_EFFECT, Array, DecisionPlan, Truth, shifts, truths
from impact_pipeline.stats.decision_rule import Chances, Flags, ruled_success, simulated
from impact_pipeline.stats.power import exceedance

FLOOR = 0.05
"""A branch less likely than this where it should be taken cannot be said to fire."""

MOST_SUCCESS_METRICS = 5
"""The closed form sums over all outcomes of the success metrics, up to 13^5 of them; beyond this it is simulated."""

POINTS = 2000
"""Quantiles that stand for the distribution of an estimated variance."""


@dataclass(frozen=True, slots=True)
class DecisionPower:
    """Chances of ship and rollback under each truth, in the order of `truths`."""

    chances: dict[str, Chances]
    simulated: bool

    @property
    def good(self) -> Chances:
        return self.chances[GOOD]

    @property
    def no_effect(self) -> Chances:
        return self.chances[NO_EFFECT]

    @property
    def harmful(self) -> dict[str, Chances]:
        return {name: found for name, found in self.chances.items() if name not in (GOOD, NO_EFFECT)}

    @property
    def ship_if_harmful(self) -> float:
        """Under the harmful change likeliest to ship."""
        return max(found.ship for found in self.harmful.values())

    @property
    def rollback_if_harmful(self) -> float:
        """Under the harmful change least likely to be rolled back."""
        return min(found.rollback for found in self.harmful.values())


def guardrail_beta(beta: float, guardrails: int) -> float:
    """Type-II error for each metric so that a good change ships with probability `1 - beta` at least.

    One success metric and the guardrails share it: `beta / (G + 1)`. All guardrails must pass, so alpha needs no share.
    Schultzberg, Ankargren, Frånberg (2024), arXiv 2402.11609.

    >>> round(guardrail_beta(0.2, 3), 3)
    0.05
    """
    return beta / (guardrails + 1)


def decision_power(plan: DecisionPlan, rng: Generator | None = None, draws: int = 200_000) -> DecisionPower:
    """Closed form for one arm and independent metrics; else simulated, which needs `rng`.

    >>> from impact_pipeline.stats.decision_plan import GuardrailTest, SuccessTest
    >>> plan = DecisionPlan((SuccessTest("orders", 2.8, 1.0),), (GuardrailTest("latency", 2.49, 1.0),))
    >>> found = decision_power(plan)
    >>> round(found.good.ship, 2), round(found.no_effect.ship, 2), round(found.ship_if_harmful, 2)
    (0.64, 0.02, 0.04)
    """
    if has_closed_form(plan):
        outcomes = Outcomes.of(plan)
        return DecisionPower({t.name: chances(plan, t, outcomes) for t in truths(plan)}, simulated=False)
    if rng is None:
        raise ValueError("correlated metrics, several arms or many success metrics are simulated: give an rng")
    return DecisionPower({t.name: simulated(plan, t, rng, draws) for t in truths(plan)}, simulated=True)


def has_closed_form(plan: DecisionPlan) -> bool:
    """One treatment arm, independent metrics, and not too many success metrics."""
    return plan.treatments == 1 and plan.correlation is None and len(plan.success) <= MOST_SUCCESS_METRICS


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Every joint outcome of the success metrics: which of the regions between thresholds each statistic lies in.

    `edges` bound the regions by metric (rows); `won` and `worsened` have an axis of regions for each metric.
    """

    edges: Array
    won: Flags
    worsened: Flags

    @classmethod
    def of(cls, plan: DecisionPlan) -> Self:
        """Within a region the rule decides alike, so one statistic of each stands for all."""
        thresholds = np.vstack([plan.steps, plan.block_thresholds])
        _, first = np.unique(thresholds[:, 0], return_index=True)
        upper = thresholds[first].T
        edges = np.hstack([-upper[:, ::-1], upper])
        inside = (edges[:, 1:] + edges[:, :-1]) / 2
        points = np.hstack([edges[:, :1] - 1, inside, edges[:, -1:] + 1])
        joint = np.stack(np.meshgrid(*points, indexing="ij"), axis=-1)
        decided = ruled_success(plan, joint.reshape(-1, 1, len(points)))
        won, worsened = (flags.reshape(joint.shape[:-1]) for flags in decided)
        return cls(edges, won, worsened)

    def chances(self, plan: DecisionPlan, shift: Array) -> tuple[float, float]:
        """P(won) and P(worsened) of independent statistics with these noncentralities."""
        weight = np.ones(())
        for test, at, edges in zip(plan.success, shift, self.edges, strict=True):
            above = [exceedance(float(at), float(edge), test.degrees_of_freedom) for edge in edges]
            weight = np.multiply.outer(weight, -np.diff([1.0, *above, 0.0]))
        return float(weight[self.won].sum()), float(weight[self.worsened].sum())


def chances(plan: DecisionPlan, truth: Truth, outcomes: Outcomes) -> Chances:
    """Exact chances for one treatment arm with independent metrics.

    `P(ship) = P(success won) P(every margin holds)`; and since all harm forbids to ship,
    `P(rollback) = 1 - P(no success metric shown worse) P(no guardrail harmed)`.
    """
    success, harm, margin = shifts(plan, truth)
    won, worsened = outcomes.chances(plan, success)
    held = prod(
        exceedance(float(shift), float(threshold), test.degrees_of_freedom)
        for shift, threshold, test in zip(margin, plan.margin_thresholds, plan.guardrails, strict=True)
    )
    spared = prod(1 - chance for chance in _guardrails_harmed(plan, harm, margin))
    return Chances(won * held, 1 - (1 - worsened) * spared)


def unlikely_branches(found: DecisionPower, floor: float = FLOOR) -> tuple[str, ...]:
    """Warnings of a rule that can hardly fire: ship where the change is good, rollback where it harms.

    >>> unlikely_branches(DecisionPower({GOOD: Chances(0.01, 0.0), "success harmed": Chances(0.0, 0.6)}, False))
    ('P(ship | good) is 0.010, below 0.05: even a good change hardly ever ships',)
    """
    ships = [("ship", GOOD, found.good.ship, "even a good change hardly ever ships")]
    rolls = [
        ("rollback", name, c.rollback, "this harm is hardly ever rolled back") for name, c in found.harmful.items()
    ]
    return tuple(
        f"P({branch} | {truth}) is {chance:.3f}, below {floor:g}: {meaning}"
        for branch, truth, chance, meaning in [*ships, *rolls]
        if chance < floor
    )


def _guardrails_harmed(plan: DecisionPlan, harm: Array, margin: Array) -> Sequence[float]:
    """Chances that a guardrail is worse and not non-inferior: both tests share estimate and estimated error."""
    from scipy.special import ndtr

    found = []
    limits = zip(plan.guardrails, harm, margin, plan.harm_thresholds, plan.margin_thresholds, strict=True)
    for test, against_zero, against_margin, worse, inferior in limits:
        error = _error_quantiles(test.degrees_of_freedom)
        highest = np.minimum(-worse * error - against_zero, inferior * error - against_margin)
        found.append(float(np.mean(ndtr(highest))))
    return found


def _error_quantiles(degrees: float) -> Array:
    """Equally likely values of an estimated standard error over the true one."""
    from scipy.special import gammaincinv

    if degrees == inf:
        return np.ones(1)
    middles = (np.arange(POINTS) + 0.5) / POINTS
    return np.asarray(np.sqrt(2 * gammaincinv(degrees / 2, middles) / degrees))
