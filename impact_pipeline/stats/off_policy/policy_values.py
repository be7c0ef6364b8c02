"""Values of a target policy from the log of another, each with the decisions' own parts in it.

w are importance weights, r rewards, q the reward model at the action taken and m its mean over the target's actions.
Dudik, Langford, Li (2011); Swaminathan, Joachims (2015); Wang, Agarwal, Dudik (2017); Su, Dimakopoulou, Krishnamurthy,
Dudik (2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array, summed


@dataclass(frozen=True, slots=True, eq=False)
class PolicyValue:
    """`influence` is what each decision adds to the error, (n,), of mean 0: the value's variance is its over n.

    Values that trust the reward model (direct, Switch-DR, DRos) carry the influence of doubly robust: their own rows do
    not show the model's error, so that intervals from them would be far too narrow. `leaning` has those rows, for
    comparisons between methods on the same decisions.
    """

    value: float
    influence: Array
    leaning: Array | None = None

    @property
    def rows(self) -> Array:
        """What each decision adds to this value less the value, (n,)."""
        return self.influence if self.leaning is None else self.leaning


def _mean(rows: Array) -> PolicyValue:
    value = float(rows.mean())
    return PolicyValue(value, rows - value)


def logged(reward: Array) -> PolicyValue:
    """The mean reward of the policy that ran."""
    return _mean(reward)


def ips(weights: Array, reward: Array) -> PolicyValue:
    """Inverse propensity score: mean of `w r`. Unbiased where the log supports the target.

    >>> ips(np.array([2.0, 0.0, 2.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])).value
    0.5
    """
    return _mean(weights * reward)


def snips(weights: Array, reward: Array) -> PolicyValue:
    """Self-normalised: `sum w r / sum w`, linearised; at most the largest reward.

    >>> snips(np.array([4.0, 0.0, 2.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])).value.__round__(3)
    0.667
    """
    total = float(weights.sum())
    value = float(summed("i,i->", weights, reward)) / total
    influence = reward - value
    influence *= weights
    influence *= len(weights) / total
    return PolicyValue(value, influence)


def doubly_robust(weights: Array, reward: Array, predicted: Array, modelled: Array) -> PolicyValue:
    """Mean of `m + w (r - q)`: right where propensities or the reward model are.

    >>> one = np.ones(2)
    >>> doubly_robust(np.array([2.0, 0.0]), one, 0.5 * one, 0.5 * one).value
    1.0
    """
    return _mean(modelled + weights * (reward - predicted))


def direct(weights: Array, reward: Array, predicted: Array, modelled: Array) -> PolicyValue:
    """Mean of m alone: as right as the reward model is.

    >>> half = np.full(2, 0.5)
    >>> direct(np.array([2.0, 0.0]), np.ones(2), half, half).value
    0.5
    """
    robust, own = doubly_robust(weights, reward, predicted, modelled), _mean(modelled)
    return PolicyValue(own.value, robust.influence, own.influence)


def switched(weights: Array, above: float) -> Array:
    """Weights above the threshold become 0: there the reward model speaks alone (Switch-DR).

    >>> switched(np.array([1.0, 5.0]), 2.0).tolist()
    [1.0, 0.0]
    """
    return np.where(weights <= above, weights, 0.0)


def shrunk(weights: Array, shrinkage: float) -> Array:
    """`s w / (w^2 + s)`: small weights stay, large ones go to 0; s = infinity is doubly robust, 0 direct (DRos).

    >>> shrunk(np.array([1.0, 3.0]), 9.0).tolist()
    [0.9, 1.5]
    """
    return shrinkage * weights / (weights**2 + shrinkage)


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    value: PolicyValue
    parameter: float


def tuned(
    kind: str, weights: Array, reward: Array, predicted: Array, modelled: Array, parameter: float | None = None
) -> Tuned:
    """Switch-DR (`switch`) or DRos (`shrinkage`) at its parameter, or at the one of least estimated squared error.

    The error is the variance plus the square of the bias against doubly robust, `mean (w - w') (r - q)`; candidates are
    quantiles of the weights (their squares, of shrinkage), the largest of which changes nothing of Switch-DR.

    >>> weights, half = np.array([1.0, 1.0, 1.0, 40.0]), np.full(4, 0.5)
    >>> tuned("switch", weights, np.array([1.0, 0.0, 1.0, 0.0]), half, half, 2.0).value.value
    0.625
    """
    altered = switched if kind == "switch" else shrunk
    candidates = np.unique(np.quantile(weights[weights > 0], [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0]))
    if kind != "switch":
        candidates = np.concatenate([candidates**2, [100 * candidates[-1] ** 2]])
    choices = candidates if parameter is None else np.array([parameter])
    left, best = reward - predicted, (np.inf, 0.0, _mean(modelled))
    for choice in choices:
        used = altered(weights, float(choice))
        found, bias = _mean(modelled + used * left), float(np.mean((weights - used) * left))
        error = float(np.mean(found.influence**2)) / len(reward) + bias**2
        if error < best[0]:
            best = error, float(choice), found
    robust = doubly_robust(weights, reward, predicted, modelled)
    return Tuned(PolicyValue(best[2].value, robust.influence, best[2].influence), best[1])
