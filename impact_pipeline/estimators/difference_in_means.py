"""Difference in means: average outcomes and shares of units."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.designs import UNITS_RANDOMISED
from impact_pipeline.estimators.question import Answer, Question
from impact_pipeline.estimators.summaries import stratum_pairs
from impact_pipeline.stats.stratified import post_stratified


class DifferenceInMeans:
    """`ybar_t - ybar_c` with Welch's interval; within phases of constant shares, then combined.

    A proportion is the mean of 0 and 1 over units and is treated as such: one method for the difference, the lift and
    the margin, with variances that may differ. Its interval is a large-sample one (expected counts of 5 and more).
    Assumes that units do not influence one another.
    Welch (1947), Biometrika 34; Miratrix, Sekhon, Yu (2013), JRSS B 75.

    >>> from impact_pipeline.estimators.question import two_arms
    >>> from impact_pipeline.stats.moments import Moments
    >>> question = two_arms("mean", control=Moments(400, 100, 100), treatment=Moments(400, 140, 140))
    >>> means = DifferenceInMeans().answer(question).means
    >>> round(float(means.change), 3), round(float(means.error()[0]), 4)
    (0.1, 0.0323)
    """

    name: ClassVar[str] = "difference_in_means"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED
    forms: ClassVar[frozenset[str]] = frozenset({"mean"})
    uses_covariates: ClassVar[bool] = False

    def answer(self, question: Question) -> Answer:
        return Answer(self.name, post_stratified(stratum_pairs(question, covariates=False)))
