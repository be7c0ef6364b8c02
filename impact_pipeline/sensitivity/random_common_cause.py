"""The same method with a covariate that is pure chance."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.samples.cross_section import CrossSection, Floats

DRAWS = 5
FULL_DRAWS_UP_TO = 100_000
"""Units beyond which one draw tells enough."""
MOST = 2.0
NAME = "a random common cause"


class RandomCommonCause:
    """Fails where such a covariate moves the effect by more than two standard errors, in the median of five draws.

    Chance explains nothing; an effect that it moves further than the effect's own error rests on accidents of the fit.

    >>> RandomCommonCause().name
    'random_common_cause'
    """

    name: ClassVar[str] = "random_common_cause"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})
    asks: ClassVar[str] = "Does the effect stay if a covariate of pure chance is added?"
    pass_means: ClassVar[str] = "The fit is stable against one more covariate that explains nothing."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Observational], effects: Effects | None) -> Checked:
        assert effects is not None
        main = effects.main
        if not isinstance(main, Effect) or not main.std_error:
            return Checked(Finding(self.name, None, None, MOST, "There is no effect to move.", "none", {}))
        rng, n = question.rng(self.name), len(question.sample)
        few = n > FULL_DRAWS_UP_TO or question.design.estimator == "cross_fitted"
        draws = 1 if few else DRAWS
        found = [_effect(question, rng.normal(size=n)) for _ in range(draws)]
        moved = [abs(value - main.value) / main.std_error for value in found if value is not None]
        if len(moved) < draws:
            return Checked(Finding(self.name, False, None, MOST, "With it there is no effect to tell.", "hold", {}))
        size = float(np.median(moved))
        sentence = f"A random covariate moves the effect by {size:.2f} of its standard error."
        details = {"draws": draws, "largest": max(moved)}
        return Checked(Finding(self.name, size <= MOST, size, MOST, sentence, "hold", details))


def _effect(question: Question[CrossSection, Observational], noise: Floats) -> float | None:
    sample = question.sample
    own = None if sample.outcome_covariates is None else {**sample.outcome_covariates, NAME: noise}
    with_noise = replace(sample, covariates={**sample.covariates, NAME: noise}, outcome_covariates=own)
    estimator = causal_estimator(question.design)
    assert estimator is not None
    main = estimator.effects(replace(question, sample=with_noise, probes={}, main_only=True)).main
    return main.value if isinstance(main, Effect) else None
