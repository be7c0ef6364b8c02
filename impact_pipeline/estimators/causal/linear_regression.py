"""Linear regression: the coefficient of the treatment, 0/1 or any number, with covariates held."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.partial_regression import Errors, PartialRegression, partial_regression
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

ESTIMAND = "variance-weighted ATE"
"""Least squares weighs effects by the variance of treatment that covariates leave (Angrist 1998)."""


class LinearRegression:
    """Least squares of the outcome on treatment and covariates, with Student's t.

    Right if the outcome is linear in the covariates (or the treatment is) and nothing hidden moves both; where effects
    differ, those count most whose treatment covariates predict least.
    """

    name: ClassVar[str] = "linear_regression"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})

    def fits(self, design: Observational) -> bool:
        return design.estimator == "linear_regression"

    def effects(self, question: Question[CrossSection, Observational]) -> Effects:
        """
        >>> rng = np.random.default_rng(0)
        >>> x, u, v = rng.normal(size=(3, 500))
        >>> design = Observational(type="observational", estimator="linear_regression")
        >>> found = LinearRegression().effects(Question(CrossSection(2 * (x + u) + x + v, x + u, {"x": x}), design))
        >>> round(found.main.value, 1), found.main.method
        (2.0, 'least squares, HC1')
        """
        section, design = question.sample, question.design
        errors: Errors = (
            ("HC1" if section.cluster is None else "cluster") if design.errors == "automatic" else design.errors
        )
        counts = _counts(section)
        covariates = {**section.covariates, **(section.outcome_covariates or {})}
        fit = partial_regression(
            section.outcome, section.treatment, covariates, errors=errors, cluster=section.cluster,
            weights=section.weights,
        )  # fmt: skip
        if isinstance(fit, Refusal):
            return Effects(fit, counts=counts)
        plain = partial_regression(
            section.outcome, section.treatment, {}, errors=errors, cluster=section.cluster, weights=section.weights
        )
        others = {"crude": plain if isinstance(plain, Refusal) else _effect(plain, "no covariates", question)}
        numbers = {"partial R2": fit.partial_r_squared, "residual degrees of freedom": float(fit.left)}
        return Effects(_effect(fit, "least squares", question), others, counts, numbers, fit=fit)


def _effect(fit: PartialRegression, method: str, question: Question[CrossSection, Observational]) -> Effect:
    half = float(quantile(1 - question.alpha / 2, fit.degrees_of_freedom)) * fit.std_error
    p_value = float(2 * upper_tail(abs(fit.value) / fit.std_error, fit.degrees_of_freedom))
    treated = _treated_mean(question.sample)
    return Effect(
        fit.value, fit.std_error, fit.value - half, fit.value + half, p_value, f"{method}, {fit.errors}", ESTIMAND,
        fit.degrees_of_freedom, treated, None if treated is None else treated - fit.value,
    )  # fmt: skip


def _treated_mean(section: CrossSection) -> float | None:
    """The mean outcome of the treated, where there are two arms."""
    on = section.treatment == 1
    if not (on | (section.treatment == 0)).all() or not on.any():
        return None
    return float(np.average(section.outcome[on], weights=None if section.weights is None else section.weights[on]))


def _counts(section: CrossSection) -> dict[str, int]:
    treated, untreated = (int(np.count_nonzero(section.treatment == arm)) for arm in (1, 0))
    return (
        {"treated": treated, "untreated": untreated} if treated + untreated == len(section) else {"units": len(section)}
    )
