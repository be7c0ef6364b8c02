"""Whether selection on what is hidden, as strong as that on covariates, would take the effect away."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.hidden_confounding.coefficient_stability import stability
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

OF_R_SQUARED = 1.3
"""Oster's (2019) R2 of a regression with everything, as a multiple of the one with covariates, at most 1."""
LEAST_DELTA = 1.0


class CoefficientStability:
    """Fails, without consequence, where Oster's bias-adjusted coefficient at delta = 1 is 0 or of the other sign.

    That is her rule with an R2 of 1.3 times the one reached. It costs no grade: it takes the covariates for a random
    choice of all causes, which is no fact about them, and `robustness_value` judges the same fear by the strongest.
    """

    name: ClassVar[str] = "coefficient_stability"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})
    asks: ClassVar[str] = "Would selection on what is hidden, like that on covariates, take the effect away?"
    pass_means: ClassVar[str] = "The linear regression's coefficient keeps its sign at delta = 1."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        section: CrossSection = question.sample
        covariates = {**section.covariates, **(section.outcome_covariates or {})}
        found = stability(section.outcome, section.treatment, covariates, section.weights) if covariates else None
        if found is None or isinstance(found, Refusal):
            why = found.detail if isinstance(found, Refusal) else "no covariate was measured"
            return Checked(Finding(self.name, None, None, None, f"Not told: {why}.", "none", {}))
        most = min(1.0, OF_R_SQUARED * found.controlled_r_squared)
        adjusted, delta = found.effect(most), found.delta(most)
        passed = bool(np.isfinite(adjusted) and adjusted * found.controlled > 0)
        sentence = (
            f"Covariates move the coefficient from {found.plain:.4g} to {found.controlled:.4g}; selection on hidden"
            f" causes as strong as that on covariates would move it to {adjusted:.4g}."
        )
        details = {
            "delta": delta, "adjusted": adjusted, "plain": found.plain, "controlled": found.controlled,
            "r_squared": found.controlled_r_squared, "r_squared_max": most,
        }  # fmt: skip
        told = {name: value for name, value in details.items() if np.isfinite(value)}
        statistic = delta if np.isfinite(delta) else None
        return Checked(Finding(self.name, passed, statistic, LEAST_DELTA, sentence, "none", told))
