"""All values of one target policy from one log, and the differences that its checks look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.off_policy import policy_values as values
from impact_pipeline.stats.off_policy.importance_weights import WeightSummary, weight_summary
from impact_pipeline.stats.off_policy.policy_values import PolicyValue
from impact_pipeline.stats.off_policy.reward_models import RewardModelName, expected_rewards
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions

ValueName = Literal["ips", "snips", "direct", "doubly_robust", "switch_doubly_robust", "doubly_robust_shrinkage"]
MODELLED: tuple[ValueName, ...] = ("direct", "doubly_robust", "switch_doubly_robust", "doubly_robust_shrinkage")
SUMS_TO_ONE = 1e-6


@dataclass(frozen=True, slots=True)
class OffPolicyModel:
    """`clip` bounds weights from above; None for `switch` and `shrinkage` is chosen by the log."""

    clip: float | None = None
    switch: float | None = None
    shrinkage: float | None = None
    reward_model: RewardModelName = "ridge"
    folds: int = 5


@dataclass(frozen=True, slots=True, eq=False)
class OffPolicyFit:
    """`values` by name, those with a reward model only where the target's chances of all actions are known.

    `weights` are clipped, `raw` summarises them as they were. `parameters` are those that were chosen or given.
    """

    logged: PolicyValue
    values: dict[ValueName, PolicyValue]
    weights: Array
    raw: WeightSummary
    used: WeightSummary
    clipped_share: float
    parameters: dict[str, float]

    def difference(self, name: ValueName) -> PolicyValue:
        """Value of the target less that of the policy that ran."""
        found = self.values[name]
        return PolicyValue(found.value - self.logged.value, found.influence - self.logged.influence)


def off_policy_fit(
    log: LoggedDecisions, model: OffPolicyModel, rng: np.random.Generator, *, modelled: bool = True
) -> OffPolicyFit | Refusal:
    """The values that the log allows; `modelled` False leaves out those that need a reward model.

    >>> one = np.ones(4)
    >>> log = LoggedDecisions(("a", "b"), np.array([0, 1, 0, 1]), np.arange(4.0), 0.5 * one, np.array([1.0, 0, 1, 0]))
    >>> found = off_policy_fit(log, OffPolicyModel(), np.random.default_rng(0))
    >>> found.values["ips"].value, found.logged.value
    (1.0, 1.5)
    """
    policy = log.target_policy if modelled else None
    if refusal := _not_usable(log, 2 if policy is None else model.folds):
        return refusal
    raw_weights = log.weights
    weights = raw_weights if model.clip is None else np.minimum(raw_weights, model.clip)
    raw = weight_summary(raw_weights)
    found: dict[ValueName, PolicyValue] = {
        "ips": values.ips(weights, log.reward),
        "snips": values.snips(weights, log.reward),
    }
    parameters: dict[str, float] = {}
    if policy is not None:
        found |= _modelled(log, policy, weights, model, rng, parameters)
    clipped = 0.0 if model.clip is None else float(np.mean(raw_weights > model.clip))
    used = raw if model.clip is None else weight_summary(weights)
    return OffPolicyFit(values.logged(log.reward), found, weights, raw, used, clipped, parameters)


def _modelled(
    log: LoggedDecisions,
    target_policy: Array,
    weights: Array,
    model: OffPolicyModel,
    rng: np.random.Generator,
    parameters: dict[str, float],
) -> dict[ValueName, PolicyValue]:
    expected = expected_rewards(log, target_policy, model.reward_model, model.folds, rng)
    rows = weights, log.reward, expected.predicted, expected.modelled
    switch = values.tuned("switch", *rows, model.switch)
    shrinkage = values.tuned("shrinkage", *rows, model.shrinkage)
    parameters |= {"switch": switch.parameter, "shrinkage": shrinkage.parameter}
    spread = float(np.var(log.reward))
    parameters["reward model R^2"] = 1 - float(np.mean((log.reward - expected.predicted) ** 2)) / spread
    return {
        "direct": values.direct(*rows),
        "doubly_robust": values.doubly_robust(*rows),
        "switch_doubly_robust": switch.value,
        "doubly_robust_shrinkage": shrinkage.value,
    }


def _not_usable(log: LoggedDecisions, least: int) -> Refusal | None:
    p, target = log.propensity, log.target
    if len(log) < least:
        return Refusal("too_few_units", f"{len(log)} decisions were logged; {least} are the least")
    if missing := int((~np.isfinite(log.reward)).sum()):
        return Refusal(
            "measure_undefined", f"{missing} of {len(log)} decisions have no finite reward: drop or fill them"
        )
    if wrong := int((~((p > 0) & (p <= 1))).sum()):
        return Refusal(
            "no_support", f"{wrong} of {len(log)} propensities are not in (0, 1]: log the chance of the action taken"
        )
    if wrong := int((~((target >= 0) & (target <= 1))).sum()):
        return Refusal("measure_undefined", f"{wrong} of {len(log)} chances of the target policy are not in [0, 1]")
    if not (target > 0).any():
        return Refusal("no_support", "the target policy takes none of the actions that were logged")
    if float(log.reward.min()) == float(log.reward.max()):
        return Refusal("zero_variance", f"all {len(log)} rewards are {log.reward[0]:g}")
    if log.target_policy is not None and np.abs(log.target_policy.sum(axis=1) - 1).max() > SUMS_TO_ONE:
        return Refusal("measure_undefined", "chances of the target policy do not add up to 1 over all actions")
    return None
