"""How strongly a hidden confounder would have to go with treatment and outcome, in risk ratios."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.hidden_confounding.e_value import EValue, of_difference, of_risk_ratio
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.cross_section import CrossSection


class EValueOfEffect:
    """Only informs: there is no E-value that is large enough in every field.

    Of a 0/1 outcome with both means it is that of their ratio, the untreated one taken as known; of others that of the
    difference in standard deviations within arms (VanderWeele, Ding 2017). Told of two arms.
    """

    name: ClassVar[str] = "e_value"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})
    asks: ClassVar[str] = "By which risk ratio would a hidden confounder have to go with treatment and outcome?"
    pass_means: ClassVar[str] = "It only informs: compare it with the risk ratios of causes that you know."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        found = None if effects is None else _e_value(question.sample, effects.main)
        if found is None:
            sentence = "It needs two arms, and an outcome that varies within them."
            return Checked(Finding(self.name, None, None, None, sentence, "none", {}))
        sentence = (
            f"A hidden confounder would need a risk ratio of {found.point:.2f} with both treatment and outcome to"
            f" explain the effect away, of {found.interval:.2f} to bring its interval to 0."
        )
        details = {
            "e_value": found.point, "e_value_of_interval": found.interval, "risk_ratio": found.risk_ratio,
            "lower": found.lower, "upper": found.upper,
        }  # fmt: skip
        return Checked(Finding(self.name, None, found.interval, None, sentence, "none", details))


def _e_value(section: CrossSection, effect: Any) -> EValue | None:
    arms = [section.outcome[section.treatment == arm] for arm in (1, 0)]
    if not isinstance(effect, Effect) or min(map(len, arms)) < 2 or sum(map(len, arms)) < len(section):
        return None
    if _is_binary(section.outcome) and effect.untreated is not None:
        ratios = [(effect.untreated + own) / effect.untreated for own in (effect.value, effect.lower, effect.upper)]
        if min(ratios) > 0 and effect.untreated > 0:
            return of_risk_ratio(*ratios)
    spread = float(np.sqrt(np.mean([own.var(ddof=1) for own in arms])))
    if not spread > 0:
        return None
    reach = (effect.upper - effect.lower) / (2 * 1.96)
    return of_difference(effect.value / spread, (effect.std_error or reach) / spread)


def _is_binary(outcome: Array) -> bool:
    return bool(np.isin(outcome, (0.0, 1.0)).all())
