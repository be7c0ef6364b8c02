"""How unequal the odds of treatment within matched pairs would have to be to explain their differences."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.hidden_confounding.rosenbaum_bounds import hodges_lehmann, signed_ranks
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.fit import ObservationalFit
from impact_pipeline.stats.propensity.without_replacement import nearest_unused
from impact_pipeline.stats.refusal import Refusal

CALIPER = 0.2
"""Of a standard deviation of the logit of the score (Austin 2011)."""
MOST_PAIRS = 20_000
SHOWN = (1.0, 1.5, 2.0)


class RosenbaumBounds:
    """Only informs: gamma is what a reader has to find implausible.

    Units of the smaller arm are paired with the nearest unit of the other, each used once, within 0.2 standard
    deviations of the logit of the propensity score. The test is Wilcoxon's signed rank, one-sided at half of alpha in
    the direction of the effect (Rosenbaum 2002).
    """

    name: ClassVar[str] = "rosenbaum_bounds"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})
    asks: ClassVar[str] = "How unequal may the odds of treatment be among units that look alike?"
    pass_means: ClassVar[str] = "It only informs: up to gamma, hidden bias cannot explain the difference."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        differences = None if effects is None else _differences(effects.fit, question.rng(self.name))
        found = None if differences is None else signed_ranks(differences)
        if differences is None or found is None or isinstance(found, Refusal):
            why = f": {found.detail}" if isinstance(found, Refusal) else ""
            sentence = f"There are no pairs of the propensity score to judge{why}."
            return Checked(Finding(self.name, None, None, None, sentence, "none", {}))
        assert effects is not None
        sign = -1.0 if isinstance(effects.main, Effect) and effects.main.value < 0 else 1.0
        ranks = signed_ranks(sign * differences)
        assert not isinstance(ranks, Refusal)
        gamma = ranks.largest_gamma(question.alpha / 2)
        details: dict[str, float | int] = {"gamma": gamma, "pairs": len(differences), "differing_pairs": ranks.pairs}
        for bias in SHOWN:
            low, high = hodges_lehmann(differences, bias)
            details |= {
                f"p at {bias:g}": ranks.p_values(bias)[1],
                f"lower at {bias:g}": low,
                f"upper at {bias:g}": high,
            }
        return Checked(Finding(self.name, None, gamma, None, _sentence(gamma, len(differences)), "none", details))


def _sentence(gamma: float, pairs: int) -> str:
    if gamma < 1:
        return f"The signed ranks of {pairs} matched pairs are not significant, even with equal odds within pairs."
    return (
        f"The signed ranks of {pairs} matched pairs stay significant as long as odds of treatment within pairs differ"
        f" by no more than a factor of {gamma:.2f}."
    )


def _differences(fit: object, rng: np.random.Generator) -> Array | None:
    """Treated less untreated outcome of pairs; None without a score."""
    if not isinstance(fit, ObservationalFit) or isinstance(fit.ready.score, Refusal):
        return None
    scores, treated = np.clip(fit.ready.score.scores, 1e-12, 1 - 1e-12), fit.ready.sample.treatment == 1
    index = np.log(scores / (1 - scores))
    fewer, sign = (treated, 1.0) if 2 * int(treated.sum()) <= len(treated) else (~treated, -1.0)
    asked, donors = np.flatnonzero(fewer), np.flatnonzero(~fewer)
    if len(asked) > MOST_PAIRS:
        asked = np.sort(rng.choice(asked, MOST_PAIRS, replace=False))
    found = nearest_unused(index[asked], index[donors], 1, caliper=CALIPER * float(index.std()))
    outcome = fit.ready.sample.outcome
    return np.asarray(sign * (outcome[asked[found.asked]] - outcome[donors[found.donors]]), dtype=np.float64)
