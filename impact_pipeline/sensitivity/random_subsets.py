"""The same method on random parts of the sample."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.samples.own_covariates import without_aliased

DRAWS = 10
FULL_DRAWS_UP_TO = 100_000
FEW_DRAWS = 2
SHARE = 0.8
MOST = 2.0


class RandomSubsets:
    """Fails where the mean effect of 80 % samples is more than two standard errors from that of all units.

    The mean of ten such effects has a chance error of 0.16 standard errors, of single matches up to one: two are more
    than chance. With clusters whole ones are left out.

    >>> RandomSubsets().name
    'random_subsets'
    """

    name: ClassVar[str] = "random_subsets"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})
    asks: ClassVar[str] = "Is the effect the same in random parts of the sample?"
    pass_means: ClassVar[str] = "No few units carry the effect."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Observational], effects: Effects | None) -> Checked:
        assert effects is not None
        main = effects.main
        if not isinstance(main, Effect) or not main.std_error:
            return Checked(Finding(self.name, None, None, MOST, "There is no effect to compare.", "none", {}))
        rng = question.rng(self.name)
        few = len(question.sample) > FULL_DRAWS_UP_TO or question.design.estimator == "cross_fitted"
        draws = FEW_DRAWS if few else DRAWS
        values = [_effect(question, _part(question.sample, rng)) for _ in range(draws)]
        told = [value for value in values if value is not None]
        if len(told) < draws:
            sentence = f"{draws - len(told)} of {draws} random parts tell no effect."
            return Checked(Finding(self.name, False, None, MOST, sentence, "hold", {"refused": draws - len(told)}))
        size = abs(float(np.mean(told)) - main.value) / main.std_error
        sentence = f"{draws} random parts have a mean effect {size:.2f} standard errors from that of all units."
        details = {"mean": float(np.mean(told)), "least": min(told), "greatest": max(told)}
        return Checked(Finding(self.name, size <= MOST, size, MOST, sentence, "hold", details))


def _part(sample: CrossSection, rng: np.random.Generator) -> NDArray[np.bool_]:
    if sample.cluster is None:
        rows: NDArray[np.bool_] = rng.random(len(sample)) < SHARE
        return rows
    labels, place = np.unique(sample.cluster, return_inverse=True)
    kept: NDArray[np.bool_] = (rng.random(len(labels)) < SHARE)[place]
    return kept


def _effect(question: Question[CrossSection, Observational], rows: NDArray[np.bool_]) -> float | None:
    estimator = causal_estimator(question.design)
    assert estimator is not None
    part = without_aliased(question.sample.keep(rows))
    main = estimator.effects(replace(question, sample=part, probes={}, main_only=True)).main
    return main.value if isinstance(main, Effect) else None
