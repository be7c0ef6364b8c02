"""Decisions among five actions in four contexts, logged by one policy, to value another whose worth is known."""

from __future__ import annotations

import numpy as np

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.catalog.causal.off_policy_evaluation import OffPolicyEvaluation
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions

DECISIONS, ACTIONS, CONTEXTS = 4000, 5, 4
LIKING = np.array([[0.2, 0.1, 0.0, 0.3, -0.4], [-0.3, 0.4, 0.2, 0.0, 0.1], [0.1, 0.0, 0.5, -0.2, 0.2], [0.0] * 5])
"""What the policy that runs likes, by context: the logarithms of chances, up to a constant."""
REWARDS = np.array([[0.2, 0.3, 0.1, 0.4, 0.2], [0.1, 0.5, 0.3, 0.2, 0.2], [0.3, 0.2, 0.6, 0.1, 0.2], [0.2] * 5])
"""Chance of a reward, by context and action."""
WEIGHTED = OffPolicyEvaluation(type="off_policy_evaluation", estimator="snips")
ROBUST = OffPolicyEvaluation(type="off_policy_evaluation", estimator="doubly_robust")


def chances(liking: Array, sharpness: float) -> Array:
    """A policy that likes what `liking` says, the more the sharper, (contexts, actions).

    >>> chances(np.zeros((1, 4)), 1.0).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    raised = np.exp(sharpness * liking)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


LOGGING, TARGET = chances(LIKING, 1.0), chances(REWARDS, 5.0)


def _drawn(
    rng: np.random.Generator,
    logging: Array,
    target: Array,
    rewards: Array,
    *,
    told: Array | None = None,
) -> Drawn:
    """`told` are the propensities that the log says, where they are not those that acted."""
    context = rng.integers(CONTEXTS, size=DECISIONS)
    marks = rng.random(DECISIONS)
    action = np.minimum((marks[:, None] > np.cumsum(logging[context], axis=1)).sum(axis=1), ACTIONS - 1)
    reward = (rng.random(DECISIONS) < rewards[context, action]).astype(np.float64)
    propensity = (logging if told is None else told)[context, action]
    known = {f"context {place}": (context == place).astype(np.float64) for place in range(1, CONTEXTS)}
    policy, names = target[context], tuple("abcde")
    log = LoggedDecisions(names, action, reward, propensity, policy[np.arange(DECISIONS), action], policy, known)
    return Drawn(log, float(((target - logging) * rewards).sum(axis=1).mean()))


def better(rng: np.random.Generator) -> Drawn:
    """The target takes what earns more."""
    return _drawn(rng, LOGGING, TARGET, REWARDS)


def equal(rng: np.random.Generator) -> Drawn:
    """All actions earn the same."""
    return _drawn(rng, LOGGING, TARGET, np.full_like(REWARDS, 0.3))


def wrong_propensities(rng: np.random.Generator) -> Drawn:
    """The log tells the chances of a policy that likes less than the one that ran."""
    return _drawn(rng, chances(LIKING, 2.0), TARGET, REWARDS, told=chances(LIKING, 0.5))


def missing_support(rng: np.random.Generator) -> Drawn:
    """One action is never tried, and the target takes it."""
    never = np.where(np.arange(ACTIONS) == 3, 0.0, LOGGING)
    return _drawn(rng, never / never.sum(axis=1, keepdims=True), TARGET, REWARDS)


def hardly_tried(rng: np.random.Generator) -> Drawn:
    """The target nearly always takes what was tried once in five hundred decisions."""
    rare = np.where(np.arange(ACTIONS) == 3, 0.002, 0.998 / (ACTIONS - 1)) * np.ones((CONTEXTS, 1))
    nearly = np.where(np.arange(ACTIONS) == 3, 0.96, 0.01) * np.ones((CONTEXTS, 1))
    return _drawn(rng, rare, nearly, REWARDS)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("better_policy", "The new policy takes what earns more", WEIGHTED, better),
    Scenario("better_policy_robust", "The same, doubly robust", ROBUST, better),
    Scenario("policies_that_earn_alike", "All actions earn the same", ROBUST, equal),
    Scenario(
        "wrong_propensities", "Propensities are not those that acted", WEIGHTED, wrong_propensities,
        "weights are wrong", ("propensity_calibration", "weight_mean"),
    ),
    Scenario(
        "missing_support", "The log never tried what the target does", WEIGHTED, missing_support,
        "the log says nothing of one action", ("policy_support", "weight_mean"),
    ),
    Scenario(
        "hardly_tried", "The target does what the log hardly tried", WEIGHTED, hardly_tried,
        "a handful of decisions makes the value", ("effective_sample_size",),
    ),
)  # fmt: skip
