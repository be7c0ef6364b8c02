"""What the usual regression would have said, and why not to believe it."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.exhibits import Weights
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.diagnostics.causal.staggered import fit_of, not_judged
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.goodman_bacon import TwoByTwo, forbidden_share
from impact_pipeline.stats.staggered_adoption.staggered_fit import StaggeredFit

LEVEL = 0.05
KINDS = {
    "treated_vs_never": "never treated",
    "earlier_vs_later": "not yet treated",
    "later_vs_earlier": "already treated",
    "treated_vs_always": "always treated",
}


class TwoWayBias:
    """Warns where two-way fixed effects differ from the simple average of group-time effects beyond error, at 5 %.

    The regression also compares with units that are treated already (Goodman-Bacon 2021) and may weigh effects by
    negative numbers (de Chaisemartin, D'Haultfoeuille 2020): where effects grow or differ, it is biased while
    group-time effects are not. The warning is about the regression, so the grade does not move.
    """

    name: ClassVar[str] = "two_way_bias"
    designs: ClassVar[frozenset[str]] = frozenset({"staggered_adoption"})
    asks: ClassVar[str] = "Would two-way fixed effects have given another answer?"
    pass_means: ClassVar[str] = "The usual regression agrees here; comparisons with treated units did little harm."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = fit_of(effects)
        apart, other = fit.from_two_way, fit.two_way
        if isinstance(apart, Refusal) or isinstance(other, Refusal):
            sentence = "Two-way fixed effects have no answer on this panel."
            return not_judged(self.name, sentence)
        passed = apart.p_value >= LEVEL
        share, simple = forbidden_share(fit.pairs), fit.aggregations["simple"].overall.value
        told = "agree with" if passed else "are biased against"
        sentence = (
            f"Two-way fixed effects ({other.value:.3g}) {told} the simple average of group-time effects"
            f" ({simple:.3g}; p = {apart.p_value:.2g}): {share:.0%} of their weight compares with units already"
            f" treated, and {other.negative_count} treated cells count with the wrong sign."
        )
        details = {
            "two_way": other.value, "simple": simple, "difference": apart.difference, "std_error": apart.std_error,
            "forbidden_share": share, "negative_weight": other.negative, "negative_cells": other.negative_count,
        }  # fmt: skip
        finding = Finding(self.name, passed, apart.p_value, LEVEL, sentence, "none", details)
        rows = tuple((_named(fit, pair), pair.weight) for pair in sorted(fit.pairs, key=lambda pair: -pair.weight))
        return Checked(finding, (Weights("two_way_comparisons", "What two-way fixed effects compare", rows),))


def _named(fit: StaggeredFit, pair: TwoByTwo) -> str:
    periods, never = fit.whole.periods, fit.whole.horizon
    against = KINDS[pair.kind] if pair.control in (0, never) else f"{periods[pair.control]}, {KINDS[pair.kind]}"
    return f"{periods[pair.cohort]} against {against}"
