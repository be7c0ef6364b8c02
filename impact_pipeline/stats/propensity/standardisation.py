"""One regression of the outcome on treatment and covariates, standardised over the population (the g-formula)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.columns import Columns
from impact_pipeline.stats.propensity.outcome_model import OutcomeFit, outcome_model, predicted_mean
from impact_pipeline.stats.propensity.potential_means import Estimand, PotentialMeans, in_target, std_error
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import Places


@dataclass(frozen=True, slots=True)
class Coefficient:
    """In the units of the covariates as they were given."""

    name: str
    value: float
    std_error: float


@dataclass(frozen=True, eq=False)
class Standardised:
    """`coefficients` are those of treatment (where all interacting covariates are 0) and of its interactions."""

    means: PotentialMeans
    coefficients: tuple[Coefficient, ...]


def standardised_means(
    columns: Columns, outcome: Array, treatment: Array, weights: Array, estimand: Estimand,
    interactions: tuple[str, ...] = (), cluster: Places | None = None,
) -> Standardised | Refusal:  # fmt: skip
    """Predictions with everybody treated less those with nobody, averaged over the target population.

    Hernan, Robins (2020), Causal Inference: What If, chapter 13. Errors are heteroskedasticity-robust (by cluster).

    >>> from impact_pipeline.stats.propensity.columns import columns_of
    >>> x, d = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 9.0]), np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    >>> found = standardised_means(columns_of({"x": x}, 6), x + d + d * x, d, np.ones(6), "ATE", ("x",))
    >>> round(found.means.effect, 6), [(one.name, round(one.value, 6)) for one in found.coefficients]
    (4.166667, [('treatment', 1.0), ('treatment x x', 1.0)])
    """
    places = [columns.names.index(name) for name in interactions]
    names = ("the constant", *columns.names, "treatment", *(f"treatment x {name}" for name in interactions))
    fit = outcome_model(_matrix(columns, treatment, places), names, outcome, weights, "among all units")
    if isinstance(fit, Refusal):
        return fit
    target = weights * in_target(treatment, estimand)
    untreated, low = predicted_mean(fit, _matrix(columns, np.zeros_like(treatment), places), target)
    treated, high = predicted_mean(fit, _matrix(columns, np.ones_like(treatment), places), target)
    return Standardised(PotentialMeans(untreated, treated, low, high), _coefficients(fit, columns, places, cluster))


def _matrix(columns: Columns, treatment: Array, places: list[int]) -> Array:
    own = columns.matrix[:, [1 + place for place in places]] * treatment[:, None]
    return np.column_stack([columns.matrix, treatment, own])


def _coefficients(
    fit: OutcomeFit, columns: Columns, places: list[int], cluster: Places | None
) -> tuple[Coefficient, ...]:  # fmt: skip
    first = columns.matrix.shape[1]
    base = np.zeros(len(fit.coefficients))
    base[first] = 1.0
    found = []
    for turn, place in enumerate(places):
        direction = np.zeros_like(base)
        direction[first + 1 + turn] = 1 / columns.scale[place]
        base -= direction * columns.centre[place]
        found.append((f"treatment x {columns.names[place]}", direction))
    return tuple(_coefficient(fit, name, along, cluster) for name, along in (("treatment", base), *found))


def _coefficient(
    fit: OutcomeFit, name: str, along: Array, cluster: Places | None
) -> Coefficient:  # fmt: skip
    return Coefficient(name, float(along @ fit.coefficients), std_error(fit.influence_on(along), cluster))
