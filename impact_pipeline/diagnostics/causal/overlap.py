"""Whether both arms have units like those that the effect is about."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.propensity.fit import NO_FIT, ObservationalFit
from impact_pipeline.stats.propensity.overlap import effective_units
from impact_pipeline.stats.propensity.potential_means import in_target
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

EXTREME = 0.01
MOST_EXTREME = 0.02
LEAST_SHARE = 0.1
LEAST_UNITS = 10.0


class Overlap:
    """Fails where more than 2 % of the target have a score within 0.01 of 0 or 1 (of 1: ATT), or few units carry all.

    A score of 0.01 lets one unit stand for a hundred. Few: an arm's weights are worth fewer than 10 equal ones, or
    fewer than a tenth of the smaller arm. Covariates that separate the arms fail at once.

    >>> Overlap().name
    'overlap'
    """

    name: ClassVar[str] = "overlap"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})
    asks: ClassVar[str] = "Could every unit have been in either arm, as far as its covariates tell?"
    pass_means: ClassVar[str] = "Both arms have units like those that the effect is about; nobody stands for too many."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Observational], effects: Effects | None) -> Checked:
        if effects is None or not isinstance(effects.fit, ObservationalFit):
            return Checked(Finding(self.name, None, None, None, NO_FIT, "none", {}))
        ready, own = effects.fit.ready, effects.fit.weights
        weights = ready.balancing if own is None else own
        if isinstance(ready.score, Refusal) or isinstance(weights, Refusal):
            refused = ready.score if isinstance(ready.score, Refusal) else None
            told = refused.detail if refused else "no weights"
            return Checked(Finding(self.name, False, None, MOST_EXTREME, _sentence(told), "never_ship", {}))
        scores, treated = ready.score.scores, ready.sample.treatment == 1
        beyond = scores > 1 - EXTREME
        if ready.estimand == "ATE":
            beyond |= scores < EXTREME
        share = float(np.average(beyond, weights=ready.weights * in_target(ready.sample.treatment, ready.estimand)))
        effective = {
            arm: effective_units(weights[rows]) for arm, rows in (("treated", treated), ("untreated", ~treated))
        }
        least = max(LEAST_UNITS, LEAST_SHARE * min(int(treated.sum()), int((~treated).sum())))
        passed = share <= MOST_EXTREME and min(effective.values()) >= least
        arm = min(effective, key=lambda name: effective[name])
        told = (
            f"{share:.1%} of the units that the effect is about have a score within {EXTREME} of certainty;"
            f" the weights of the {arm} are worth {effective[arm]:.0f} equal ones (at least {least:.0f} are asked for)"
        )
        details = {f"effective {name} units": value for name, value in effective.items()}
        details |= {"least score": float(scores.min()), "greatest score": float(scores.max())}
        return Checked(Finding(self.name, passed, share, MOST_EXTREME, _sentence(told), "never_ship", details))


def _sentence(told: str) -> str:
    return f"{told[0].upper()}{told[1:]}."
