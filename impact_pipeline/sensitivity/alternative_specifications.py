"""The effect under every other way in which the same sample could have been compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from impact_pipeline.catalog.causal.observational import Matching, Observational
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

LEAST_INSIDE = 0.5
MOST_UNITS = 100_000
"""Units, drawn by chance, on which methods are compared: more of them tell their differences no better."""
MOST_COVARIATES = 100
"""Covariates beyond which alternatives are not tried: models of the treatment rarely have a maximum then."""

WEIGHTING: tuple[dict[str, Any], ...] = tuple(
    {"estimator": estimator, "trimming": trimming}
    for estimator in ("aipw", "ipw", "ipwra", "regression_adjustment", "entropy_balancing")
    for trimming in ("none", "crump")
)
MATCHES: tuple[dict[str, Any], ...] = (
    *({"neighbours": neighbours} for neighbours in (1, 3, 5)),
    {"neighbours": 1, "caliper": 0.25},
    {"neighbours": 3, "bias_correction": True},
)
ON_COVARIATES: tuple[dict[str, Any], ...] = ({"on": "mahalanobis", "neighbours": 3, "bias_correction": True},)
MOST_ON_COVARIATES = 20_000
"""Units beyond which distances in many covariates take too long."""


class AlternativeSpecifications:
    """Fails where under half of the alternatives lie in the effect's interval, or one has a significant other sign.

    Alternatives of one estimand estimate one number; they differ by chance and by what each takes on trust (Simonsohn,
    Simmons, Nelson 2020, Nature Human Behaviour 4).

    >>> AlternativeSpecifications().name
    'alternative_specifications'
    """

    name: ClassVar[str] = "alternative_specifications"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})
    asks: ClassVar[str] = "Would other estimators, match criteria and trimming have told the same?"
    pass_means: ClassVar[str] = "The effect does not hang on one choice of method."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Observational], effects: Effects | None) -> Checked:
        assert effects is not None
        asked = _part(question)
        main = effects.main if asked is question else _effect(asked, question.design)
        if not isinstance(main, Effect):
            return Checked(Finding(self.name, None, None, LEAST_INSIDE, "There is no effect to compare.", "none", {}))
        if len(question.sample.covariates) > MOST_COVARIATES:
            sentence = (
                f"Not tried with more than {MOST_COVARIATES} covariates: there are {len(question.sample.covariates)}."
            )
            return Checked(Finding(self.name, None, None, LEAST_INSIDE, sentence, "none", {}))
        others = [_alternative(asked, design) for design in _designs(asked)]
        shown = (Alternative(_choices(question.design), main.value, main.lower, main.upper, is_main=True), *others)
        curve = SpecificationCurve(self.name, _title(asked, question), shown)
        told = [one for one in others if one.value is not None]
        if not told:
            return Checked(Finding(self.name, None, None, LEAST_INSIDE, "No alternative has a number.", "none", {}))
        inside = sum(main.lower <= float(one.value or 0.0) <= main.upper for one in told) / len(told)
        against = sum(_opposed(main, one) for one in told)
        sentence = (
            f"{inside:.0%} of {len(told)} alternatives lie in the effect's interval,"
            f" {against} have a significant effect of the other sign."
        )
        values = [float(one.value or 0.0) for one in told]
        details = {"least": min(values), "greatest": max(values), "refused": len(others) - len(told)}
        passed = inside >= LEAST_INSIDE and not against
        return Checked(Finding(self.name, passed, inside, LEAST_INSIDE, sentence, "hold", details), (curve,))


def _designs(question: Question[CrossSection, Observational]) -> Iterator[Observational]:
    """Every other design of the same estimand."""
    own, sample = question.design, question.sample
    base: dict[str, Any] = {"type": "observational", "estimand": own.estimand, "propensity": own.propensity}
    matches = MATCHES if len(sample) > MOST_ON_COVARIATES else (*MATCHES, *ON_COVARIATES)
    if sample.cluster is not None or sample.weights is not None:
        matches = ()
    found = [Observational(**base, **one) for one in WEIGHTING]
    found += [Observational(**base, estimator="matching", matching=Matching(**one)) for one in matches]
    return (one for one in found if _choices(one) != _choices(own))


def _part(question: Question[CrossSection, Observational]) -> Question[CrossSection, Observational]:
    n = len(question.sample)
    if n <= MOST_UNITS:
        return question
    rows = question.rng("alternative_specifications").random(n) < MOST_UNITS / n
    return replace(question, sample=question.sample.keep(rows), probes={})


def _title(asked: Question[CrossSection, Observational], question: Question[CrossSection, Observational]) -> str:
    part = "" if asked is question else f", on {len(asked.sample)} units drawn by chance"
    return f"The effect under other methods{part}"


def _effect(question: Question[CrossSection, Observational], design: Observational) -> Effect | Refusal:
    estimator = causal_estimator(design)
    assert estimator is not None
    return estimator.effects(replace(question, design=design, probes={})).main


def _alternative(question: Question[CrossSection, Observational], design: Observational) -> Alternative:
    main = _effect(question, design)
    if isinstance(main, Refusal):
        return Alternative(_choices(design), None, None, None, refused=main.detail)
    return Alternative(_choices(design), main.value, main.lower, main.upper)


def _choices(design: Observational) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = [("estimator", design.estimator), ("trimming", design.trimming)]
    if design.estimator == "matching":
        own = design.matching
        found += [
            ("on", own.on),
            ("neighbours", str(own.neighbours)),
            ("caliper", "none" if own.caliper is None else f"{own.caliper:g}"),
            ("bias correction", "yes" if own.bias_correction else "no"),
        ]
    return tuple(found)


def _opposed(main: Effect, one: Alternative) -> bool:
    if one.lower is None or one.upper is None or main.lower <= 0 <= main.upper:
        return False
    return one.upper < 0 if main.value > 0 else one.lower > 0
