"""Mean outcomes of a population without and with treatment, and how much each unit moves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.cross_section import Places

Estimand = Literal["ATE", "ATT"]
Arm = Literal[0, 1]


@dataclass(frozen=True, eq=False)
class PotentialMeans:
    """Of each mean its influence function by unit, (n,): the mean's error is their average, estimated models included.

    Stacked moment equations give the same errors (Stefanski, Boos 2002, American Statistician 56): the sandwich of a
    triangular system is the variance of these influences.
    """

    untreated: float
    treated: float
    untreated_influence: Array
    treated_influence: Array

    @property
    def effect(self) -> float:
        return self.treated - self.untreated

    @property
    def influence(self) -> Array:
        return self.treated_influence - self.untreated_influence


def std_error(influence: Array, cluster: Places | None = None) -> float:
    """Standard error of an estimate whose error is the average of its influences; of clusters, G / (G - 1) times.

    >>> round(std_error(np.array([1.0, -1.0, 1.0, -1.0])), 6)
    0.5
    >>> round(std_error(np.array([1.0, 1.0, -1.0, -1.0]), np.array([0, 0, 1, 1])), 6)
    1.0
    """
    n = len(influence)
    if cluster is None:
        return float(np.sqrt(influence @ influence)) / n
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], influence)
    groups = len(sums)
    return float(np.sqrt(sums @ sums * groups / (groups - 1))) / n if groups > 1 else float("nan")


def covariance(influences: Array, cluster: Places | None = None) -> Array:
    """Covariance of several estimates from their influences as columns, (n, k).

    >>> covariance(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]])).tolist()
    [[0.125, 0.0], [0.0, 0.5]]
    """
    n, factor, rows = len(influences), 1.0, influences
    if cluster is not None:
        labels = np.unique(cluster, return_inverse=True)[1]
        rows = np.column_stack([np.bincount(labels, column) for column in influences.T])
        factor = len(rows) / max(len(rows) - 1, 1)
    return np.asarray(rows.T @ rows * factor / n**2, dtype=np.float64)


def arm_weights(scores: Array, arm: Arm, estimand: Estimand) -> tuple[Array, Array]:
    """Weights that make an arm's units stand for the target population, and their derivative in the score.

    ATE: 1 / p for treated and 1 / (1 - p) for untreated units; ATT: 1 and the odds p / (1 - p).

    >>> [float(values[0].round(9)) for values in arm_weights(np.array([0.2]), 0, "ATT")]
    [0.25, 1.5625]
    """
    if estimand == "ATT" and arm == 1:
        return np.ones_like(scores), np.zeros_like(scores)
    if arm == 1:
        return 1 / scores, -1 / scores**2
    slopes = 1 / (1 - scores) ** 2
    return (1 / (1 - scores) if estimand == "ATE" else scores / (1 - scores)), slopes


def in_target(treatment: Array, estimand: Estimand) -> Array:
    """1 for units of the target population: all of them, or the treated ones.

    >>> in_target(np.array([1.0, 0.0]), "ATT").tolist()
    [1.0, 0.0]
    """
    return np.ones_like(treatment) if estimand == "ATE" else treatment


def balancing_weights(scores: Array, treatment: Array, estimand: Estimand) -> Array:
    """Each unit's weight in its own arm.

    >>> balancing_weights(np.array([0.2, 0.5]), np.array([0.0, 1.0]), "ATE").tolist()
    [1.25, 2.0]
    """
    one, other = arm_weights(scores, 1, estimand)[0], arm_weights(scores, 0, estimand)[0]
    return np.where(treatment == 1, one, other)


def crude_means(outcome: Array, treatment: Array, weights: Array) -> PotentialMeans:
    """Means of the arms as they are; their influences give Welch's error (with n instead of n - 1).

    >>> found = crude_means(np.array([1.0, 3.0, 5.0, 7.0]), np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))
    >>> found.effect, round(std_error(found.influence), 6)
    (4.0, 1.0)
    """
    means, influences = [], []
    for arm in (0, 1):
        own = weights * (treatment == arm)
        mean = float(own @ outcome / own.sum())
        means.append(mean)
        influences.append(own * (outcome - mean) / own.mean())
    return PotentialMeans(means[0], means[1], influences[0], influences[1])
