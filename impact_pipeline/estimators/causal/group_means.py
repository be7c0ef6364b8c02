"""Difference-in-differences of four means, where other units are seen before and after."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.difference_in_differences import DifferenceInDifferences
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.estimators.causal.two_way_fixed_effects import effect_of, method_of
from impact_pipeline.stats.difference_in_differences.group_means import CELLS, group_means
from impact_pipeline.stats.difference_in_differences.group_means import GroupMeans as Fit
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

METHOD = "difference of four means"
ADJUSTED = "difference of four means, adjusted"


class GroupMeans:
    """The effect on the treated group, from a regression on group, time, their product and covariates.

    With covariates the unadjusted difference stands beside it. Rows may be of any units; those of a panel are better
    followed by `two_way_fixed_effects`.
    """

    name: ClassVar[str] = "group_means"
    designs: ClassVar[frozenset[str]] = frozenset({"difference_in_differences"})

    def fits(self, design: DifferenceInDifferences) -> bool:
        return design.estimator == "group_means"

    def effects(self, question: Question[CrossSection, DifferenceInDifferences]) -> Effects:
        """
        >>> treated, after = np.repeat([0.0, 1.0], 4), np.tile([0.0, 0, 1, 1], 2)
        >>> sample = CrossSection(np.array([1.0, 2, 2, 3, 2, 3, 5, 6]), treated, after=after)
        >>> design = DifferenceInDifferences(type="difference_in_differences", estimator="group_means")
        >>> found = GroupMeans().effects(Question(sample, design))
        >>> round(found.main.value, 9), found.main.method
        (2.0, 'difference of four means, HC1')
        """
        sample = question.sample
        if not isinstance(sample, CrossSection):
            told = (
                "group means are of units seen once; units of a panel are followed by estimator: two_way_fixed_effects"
            )
            return Effects(Refusal("not_identified", told))
        counts = {"treated": int(np.sum(sample.treatment == 1)), "untreated": int(np.sum(sample.treatment == 0))}
        errors, alpha = question.design.errors, question.alpha
        fit = group_means(sample, errors, alpha, question.rng("group means"))
        if isinstance(fit, Refusal):
            return Effects(fit, counts=counts)
        method = method_of(fit.errors, ADJUSTED if sample.covariates else METHOD)
        main = effect_of(fit.inferred, method, treated=fit.means[3])
        others = {}
        if sample.covariates:
            plain = group_means(_without(sample), errors, alpha, question.rng("unadjusted"))
            told_plain = plain if isinstance(plain, Refusal) else plain.inferred
            others["unadjusted"] = effect_of(told_plain, method_of(fit.errors, METHOD))
        return Effects(main, others, counts, _numbers(sample, fit), fit=fit)


def _without(sample: CrossSection) -> CrossSection:
    return CrossSection(
        sample.outcome, sample.treatment, cluster=sample.cluster, weights=sample.weights, after=sample.after
    )


def _numbers(sample: CrossSection, fit: Fit) -> dict[str, float]:
    """Rows and mean outcomes of the four groups, and the covariates' coefficients."""
    numbers = {f"rows {cell}": float(count) for cell, count in zip(CELLS, fit.counts, strict=True)}
    numbers |= {f"mean {cell}": mean for cell, mean in zip(CELLS, fit.means, strict=True)}
    slopes = zip(sample.covariates, fit.fit.coefficients, strict=False)
    numbers |= {f"coefficient {name}": float(value) for name, value in slopes}
    return numbers | ({} if fit.clusters is None else {"clusters": float(fit.clusters.count)})
