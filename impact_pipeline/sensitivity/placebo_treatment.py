"""The same method on treatment that is dealt out by chance."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.samples.cross_section import CrossSection

DRAWS = 20
MOST_REJECTIONS = 4
MOST_UNITS = 5_000


class PlaceboTreatment:
    """Fails where more than 4 of 20 shuffles of the treatment have a significant effect at 5 %.

    Were shuffles of one sample independent, a method with right errors would do so in 0.3 % of samples. At most 5,000
    units are shuffled. Shuffled rows say nothing of errors by cluster: there it is not asked.

    >>> PlaceboTreatment().name
    'placebo_treatment'
    """

    name: ClassVar[str] = "placebo_treatment"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})
    asks: ClassVar[str] = "Does the method find an effect of treatment that is dealt out by chance?"
    pass_means: ClassVar[str] = "The method's errors are as large as they should be, were nothing else wrong."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Observational], effects: Effects | None) -> Checked:
        if question.sample.cluster is not None or question.design.estimator == "cross_fitted":
            sentence = "Not asked of clusters, nor of learners, which would be fitted twenty times."
            return Checked(Finding(self.name, None, None, None, sentence, "none", {}))
        rng, sample = question.rng(self.name), question.sample
        if len(sample) > MOST_UNITS:
            sample = sample.keep(rng.permutation(len(sample)) < MOST_UNITS)
        found = [_effect(question, sample, rng) for _ in range(DRAWS)]
        told = [one for one in found if one is not None]
        if len(told) < DRAWS:
            sentence = f"{DRAWS - len(told)} of {DRAWS} shuffles tell no effect."
            return Checked(Finding(self.name, None, None, MOST_REJECTIONS, sentence, "none", {}))
        wrong = sum(one.lower > 0 or one.upper < 0 for one in told)
        sentence = f"{wrong} of {DRAWS} shuffles of the treatment have a significant effect; at most {MOST_REJECTIONS}."
        details = {"mean effect": float(np.mean([one.value for one in told]))}
        passed = wrong <= MOST_REJECTIONS
        return Checked(Finding(self.name, passed, float(wrong), MOST_REJECTIONS, sentence, "hold", details))


def _effect(
    question: Question[CrossSection, Observational], sample: CrossSection, rng: np.random.Generator
) -> Effect | None:
    shuffled = replace(sample, treatment=rng.permutation(sample.treatment))
    estimator = causal_estimator(question.design)
    assert estimator is not None
    main = estimator.effects(replace(question, sample=shuffled, alpha=0.05, probes={})).main
    return main if isinstance(main, Effect) else None
