"""Whether the synthetic control follows the treated units before the change."""

from __future__ import annotations

from statistics import median
from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.synthetic_control.fitted import Fitted

WORSE_THAN_DONORS = 2.0
SMALL_BESIDE_SPREAD = 0.1


class PreFit:
    """Fails where the error before the change is more than twice donors' median and above a tenth of their spread.

    A donor in the treated units' place is fitted with the noise that any unit has; an error that much greater says that
    something moves the treated units which no mixture of donors has. An error under a tenth of the spread between
    donors is small whatever donors' is. Methods that give units a level of their own are judged by the error about it.
    Abadie (2021), Journal of Economic Literature 59, section 4: a poor fit is a reason not to use the method.
    """

    name: ClassVar[str] = "pre_fit"
    designs: ClassVar[frozenset[str]] = frozenset({"synthetic_control"})
    asks: ClassVar[str] = "Does the synthetic control follow the treated units before the change?"
    pass_means: ClassVar[str] = "Before the change it missed them by no more than noise, as donors miss each other."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fitted = effects.fit if effects is not None else None
        if not isinstance(fitted, Fitted) or not fitted.others:
            return Checked(Finding(self.name, None, None, None, "There is no placebo to compare with.", "none", {}))
        own = fitted.pre_error(fitted.found)
        usual, spread = median(fitted.pre_error(one) for one in fitted.others), fitted.donor_spread()
        allowed = max(WORSE_THAN_DONORS * usual, SMALL_BESIDE_SPREAD * spread)
        sentence = (
            f"Before the change the synthetic control misses the treated units by {own:.4g} (root mean square); "
            f"donors in their place are missed by {usual:.4g} in the median, and donors' spread is {spread:.4g}."
        )
        details = {"donors_median": usual, "donors_spread": spread}
        return Checked(Finding(self.name, own <= allowed, own, allowed, sentence, "never_ship", details))
