"""A sample made ready once for every estimator: who is left after trimming, the two models, the textbook estimators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.arms import arms_refusal
from impact_pipeline.stats.propensity.binary_model import BinaryFit, Link, binary_model
from impact_pipeline.stats.propensity.columns import Columns, columns_of
from impact_pipeline.stats.propensity.doubly_robust import augmented_means
from impact_pipeline.stats.propensity.outcome_model import OutcomeFit, by_arm, regression_adjusted_means
from impact_pipeline.stats.propensity.overlap import crump_cutoff, kept
from impact_pipeline.stats.propensity.potential_means import Estimand, PotentialMeans, balancing_weights, crude_means
from impact_pipeline.stats.propensity.standardisation import pooled
from impact_pipeline.stats.propensity.weighted_means import inverse_propensity_means
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

Trimming = Literal["none", "crump", "threshold"]
Means = PotentialMeans | Refusal


@dataclass(frozen=True, eq=False)
class Prepared:
    """`columns` are the treatment's covariates, `outcome_columns` the outcome's; `weights` those of the sampling.

    Units whose score was beyond `cutoff` are left out of `sample`; 0 where none could be. The outcome's model is by arm
    where `interactions` are None, or else one for both arms with these products of treatment and covariates.
    """

    sample: CrossSection
    estimand: Estimand
    weights: Array
    columns: Columns
    outcome_columns: Columns
    score: BinaryFit | Refusal
    cutoff: float
    left_out: int
    interactions: tuple[str, ...] | None = None

    @cached_property
    def outcome_models(self) -> tuple[OutcomeFit, OutcomeFit] | Refusal:
        sample, columns = self.sample, self.outcome_columns
        if self.interactions is None:
            return by_arm(columns, sample.outcome, sample.treatment, self.weights)
        return pooled(columns, sample.outcome, sample.treatment, self.weights, self.interactions)

    @cached_property
    def crude(self) -> PotentialMeans:
        return crude_means(self.sample.outcome, self.sample.treatment, self.weights)

    @cached_property
    def ipw(self) -> Means:
        if isinstance(self.score, Refusal):
            return self.score
        sample = self.sample
        return inverse_propensity_means(sample.outcome, sample.treatment, self.score, self.weights, self.estimand)

    @cached_property
    def regression_adjustment(self) -> Means:
        models = self.outcome_models
        if isinstance(models, Refusal):
            return models
        return regression_adjusted_means(models, self.sample.treatment, self.weights, self.estimand)

    @cached_property
    def aipw(self) -> Means:
        models, score, sample = self.outcome_models, self.score, self.sample
        if isinstance(score, Refusal):
            return score
        if isinstance(models, Refusal):
            return models
        return augmented_means(sample.outcome, sample.treatment, score, models, self.weights, self.estimand)

    @cached_property
    def balancing(self) -> Array | Refusal:
        """Inverse-propensity weights times those of the sampling."""
        if isinstance(self.score, Refusal):
            return self.score
        return self.weights * balancing_weights(self.score.scores, self.sample.treatment, self.estimand)


def prepared(
    sample: CrossSection, *, estimand: Estimand = "ATE", link: Link = "logit", trimming: Trimming = "none",
    cutoff: float = 0.1, interactions: tuple[str, ...] | Literal["all"] | None = None,
) -> Prepared | Refusal:  # fmt: skip
    """Refused where arms cannot be compared or covariates are collinear; a score that cannot be told is kept as such.

    After trimming the score is fitted again to those who are left (Crump, Hotz, Imbens, Mitnik 2009).

    >>> x, d = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0, 1.0, 1.0])
    >>> found = prepared(CrossSection(5 * x + 2 * d, d, {"x": x}))
    >>> round(found.crude.effect, 6), round(found.ipw.effect, 6), round(found.aipw.effect, 6)
    (3.666667, 2.0, 2.0)
    """
    every = tuple(sample.covariates if sample.outcome_covariates is None else sample.outcome_covariates)
    products = every if interactions == "all" else interactions
    first = _untrimmed(sample, estimand, link, products)
    if isinstance(first, Refusal) or trimming == "none":
        return first
    if isinstance(first.score, Refusal):
        return first.score
    bound = crump_cutoff(first.score.scores) if trimming == "crump" else cutoff
    rows = kept(first.score.scores, bound, estimand)
    if rows.all():
        return first
    left = _untrimmed(sample.keep(rows), estimand, link, products)
    return left if isinstance(left, Refusal) else replace(left, cutoff=bound, left_out=int(np.count_nonzero(~rows)))


def _untrimmed(
    sample: CrossSection, estimand: Estimand, link: Link, interactions: tuple[str, ...] | None
) -> Prepared | Refusal:
    if refusal := arms_refusal(sample.outcome, sample.treatment, sample.weights):
        return refusal
    weights = np.ones(len(sample)) if sample.weights is None else sample.weights / sample.weights.mean()
    columns = columns_of(sample.covariates, len(sample))
    if isinstance(columns, Refusal):
        return columns
    outcome = columns if sample.outcome_covariates is None else columns_of(sample.outcome_covariates, len(sample))
    if isinstance(outcome, Refusal):
        return outcome
    score = binary_model(columns, sample.treatment, weights, link)
    return Prepared(sample, estimand, weights, columns, outcome, score, 0.0, 0, interactions)
