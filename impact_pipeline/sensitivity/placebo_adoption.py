"""Whether the method finds effects where nobody adopted anything."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.diagnostics.causal.staggered import fit_of, not_judged
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Places
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
from impact_pipeline.stats.staggered_adoption.staggered_fit import StaggeredFit, fit_cohorts

DRAWS = 50
FEWEST_UNITS = 20
MOST_UNITS = 2000
LEVEL = 0.05
LIMIT = LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / DRAWS)
"""Share of false alarms that is three standard errors above the level: 0.142."""


class PlaceboAdoption:
    """Gives comparison units adoption times by lot, in the cohorts' own shares, and counts effects found at 5 %.

    Every one is a false alarm. Fails above 14.2 % of 50 draws, which a method of the right size exceeds about once in
    three hundred times: then standard errors are too small for these outcomes, as with heavy tails or few units.
    Clusters draw together. At most 2,000 comparison units take part; the lot has no use for covariates.
    """

    name: ClassVar[str] = "placebo_adoption"
    designs: ClassVar[frozenset[str]] = frozenset({"staggered_adoption"})
    asks: ClassVar[str] = "Does the method find effects where nobody adopted?"
    pass_means: ClassVar[str] = "Standard errors fit these outcomes: false alarms are as rare as they should be."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = fit_of(effects)
        never = _never_treated(fit, question.rng(self.name))
        groups = never.cluster_count
        if groups < FEWEST_UNITS:
            name = "units" if never.cluster is None else "clusters"
            return not_judged(self.name, f"{groups} comparison {name} are too few to draw placebos from.")
        rng = question.rng(f"{self.name} draws")
        found = [_p_value(fit, never, _drawn(fit, never, rng), question.design.anticipation) for _ in range(DRAWS)]
        known = [p_value for p_value in found if p_value is not None]
        if len(known) < DRAWS:
            return not_judged(self.name, "Cohorts are too small a share of units to draw placebos of them.")
        share = float(np.mean([p_value < LEVEL for p_value in known]))
        sentence = f"{share:.0%} of {DRAWS} placebo adoptions among comparison units were found significant at 5 %."
        details = {"draws": DRAWS, "comparison_units": never.n}
        return Checked(Finding(self.name, share <= LIMIT, share, LIMIT, sentence, "hold", details))


def _never_treated(fit: StaggeredFit, rng: np.random.Generator) -> Cohorts:
    cohorts = fit.found.cohorts
    never = cohorts.first == cohorts.horizon
    if cohorts.cluster is None and never.sum() > MOST_UNITS:
        chosen = rng.choice(np.flatnonzero(never), MOST_UNITS, replace=False)
        never = np.zeros(cohorts.n, dtype=np.bool_)
        never[chosen] = True
    return replace(cohorts.keep(never), covariates={})


def _drawn(fit: StaggeredFit, never: Cohorts, rng: np.random.Generator) -> Places:
    """A place of adoption for each unit, in the shares of the real cohorts."""
    shares = np.cumsum(fit.found.cohorts.sizes) / fit.found.cohorts.n
    labels = np.array(fit.found.cohorts.labels)
    ranks = (rng.permutation(never.cluster_count) + 0.5) / never.cluster_count
    return np.asarray(labels[np.searchsorted(shares, ranks)][never.clusters])


def _p_value(fit: StaggeredFit, never: Cohorts, first: Places, anticipation: int) -> float | None:
    order = np.argsort(first, kind="stable")
    placebo = replace(
        never, first=first[order], unit=never.unit[order], outcome=never.outcome[order], weights=never.weights[order],
        cluster=None if never.cluster is None else never.cluster[order],
    )  # fmt: skip
    found = fit_cohorts(placebo, fit.comparison, asked=fit.asked, anticipation=anticipation)
    if isinstance(found, Refusal):
        return None
    error = found.found.std_error(found.average.gradient)
    return found.found.p_value(found.average.value / error)
