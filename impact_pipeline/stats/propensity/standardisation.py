"""One regression of the outcome on treatment and covariates, standardised over the population (the g-formula)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.columns import Columns
from impact_pipeline.stats.propensity.outcome_model import OutcomeFit, outcome_model
from impact_pipeline.stats.propensity.potential_means import std_error
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import Places


@dataclass(frozen=True, slots=True)
class Coefficient:
    """In the units of the covariates as they were given."""

    name: str
    value: float
    std_error: float


def pooled(
    columns: Columns, outcome: Array, treatment: Array, weights: Array, interactions: tuple[str, ...] = ()
) -> tuple[OutcomeFit, OutcomeFit] | Refusal:
    """One regression on covariates, treatment and its products with `interactions`, predicting without and with it.

    Mean predictions over a population are the g-formula (Hernan, Robins 2020, Causal Inference: What If, chapter 13).

    >>> from impact_pipeline.stats.propensity.columns import columns_of
    >>> x, d = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 9.0]), np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    >>> untreated, treated = pooled(columns_of({"x": x}, 6), x + d + d * x, d, np.ones(6), ("x",))
    >>> (treated.predictions - untreated.predictions).round(9).tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 10.0]
    """
    if unknown := [name for name in interactions if name not in columns.names]:
        known = ", ".join(columns.names) or "none"
        return Refusal(
            "not_identified", f"interactions: '{unknown[0]}' is no covariate of the outcome; these are {known}"
        )
    places = [columns.names.index(name) for name in interactions]
    names = ("the constant", *columns.names, "treatment", *(f"treatment x {name}" for name in interactions))
    fit = outcome_model(_matrix(columns, treatment, places), names, outcome, weights, "among all units")
    if isinstance(fit, Refusal):
        return fit
    none, all_of_them = np.zeros_like(treatment), np.ones_like(treatment)
    return replace(fit, at=_matrix(columns, none, places)), replace(fit, at=_matrix(columns, all_of_them, places))


def coefficients(
    fit: OutcomeFit, columns: Columns, interactions: tuple[str, ...] = (), cluster: Places | None = None
) -> tuple[Coefficient, ...]:
    """Of treatment, where all interacting covariates are 0, and of its products; errors are robust (by cluster).

    >>> from impact_pipeline.stats.propensity.columns import columns_of
    >>> x, d = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 9.0]), np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    >>> columns = columns_of({"x": x}, 6)
    >>> fit, _ = pooled(columns, x + d + d * x, d, np.ones(6), ("x",))
    >>> [(one.name, round(one.value, 6)) for one in coefficients(fit, columns, ("x",))]
    [('treatment', 1.0), ('treatment x x', 1.0)]
    """
    first = columns.matrix.shape[1]
    base, found = np.zeros(len(fit.coefficients)), []
    base[first] = 1.0
    for turn, name in enumerate(interactions):
        place, direction = columns.names.index(name), np.zeros_like(base)
        direction[first + 1 + turn] = 1 / columns.scale[place]
        base -= direction * columns.centre[place]
        found.append((f"treatment x {name}", direction))
    return tuple(_coefficient(fit, name, along, cluster) for name, along in (("treatment", base), *found))


def _coefficient(fit: OutcomeFit, name: str, along: Array, cluster: Places | None) -> Coefficient:
    return Coefficient(name, float(along @ fit.coefficients), std_error(fit.influence_on(along), cluster))


def _matrix(columns: Columns, treatment: Array, places: list[int]) -> Array:
    own = columns.matrix[:, [1 + place for place in places]] * treatment[:, None]
    return np.column_stack([columns.matrix, treatment, own])
