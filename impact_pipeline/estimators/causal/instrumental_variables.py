"""Instrumental variables: two-stage least squares or LIML, with an interval that weak instruments cannot mislead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.instrumental_variables import InstrumentalVariables as Design
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.instruments.anderson_rubin import AndersonRubin
from impact_pipeline.stats.instruments.fitted import InstrumentalFit, fitted, of_sample
from impact_pipeline.stats.instruments.k_class import KClass, liml, two_stage_least_squares
from impact_pipeline.stats.instruments.over_identification import SpecificationTest
from impact_pipeline.stats.instruments.stages import Stage, slopes
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

ESTIMAND = "LATE"
ESTIMANDS = {"ols": "association", "first stage": "effect on the treatment", "reduced form": "ITT"}
TITLES = {"two_stage_least_squares": "2SLS", "liml": "LIML"}
MOST_ALTERNATIVES = 6
"""Instruments up to which each is also shown alone and left out."""


class InstrumentalVariables:
    """The effect of one more unit of treatment in those whom the instruments move.

    The interval is Wald's, by Student's t, or the Anderson-Rubin set; which one is settled by the design, or by the
    effective F where the design leaves it open. An unbounded or empty set refuses the main effect and stands among the
    others. See `stats.instruments` for formulas and papers.
    """

    name: ClassVar[str] = "instrumental_variables"
    designs: ClassVar[frozenset[str]] = frozenset({"instrumental_variables"})

    def fits(self, design: Design) -> bool:
        return True

    def effects(self, question: Question[CrossSection, Design]) -> Effects:
        """
        >>> rng = np.random.default_rng(0)
        >>> z, u = rng.normal(size=(2, 500))
        >>> sample = CrossSection(2 * (z + u) - 3 * u, z + u, instruments={"z": z})
        >>> found = InstrumentalVariables().effects(Question(sample, Design(type="instrumental_variables")))
        >>> round(found.main.value, 2), found.main.method
        (1.99, '2SLS, HC1')
        """
        section, design = question.sample, question.design
        counts = _counts(section)
        rows = of_sample(section, design.errors)
        if isinstance(rows, Refusal):
            return Effects(rows, counts=counts)
        fit = fitted(rows, design.estimator, design.worst_bias, question.alpha)
        if isinstance(fit, Refusal):
            return Effects(fit, counts=counts)
        main = _main(fit, design, question.alpha)
        shown = (_alternatives(fit, design, question.alpha),)
        return Effects(main, _others(fit, question.alpha), counts, _numbers(fit), shown, _notes(fit, main), fit)


def _main(fit: InstrumentalFit, design: Design, alpha: float) -> Effect | Refusal:
    is_robust = design.interval == "anderson_rubin" or (design.interval == "automatic" and fit.strength.is_weak)
    title = TITLES[design.estimator]
    if not is_robust:
        return _wald(fit.estimate, f"{title}, {fit.rows.errors}", alpha)
    if isinstance(fit.anderson_rubin, Refusal):
        return fit.anderson_rubin
    return _refused(fit.anderson_rubin, alpha) or _inverted(
        fit, fit.anderson_rubin, f"{title}, Anderson-Rubin interval, {fit.rows.errors}"
    )


def _wald(found: KClass, method: str, alpha: float, estimand: str = ESTIMAND) -> Effect:
    freedom = found.degrees_of_freedom
    half = float(quantile(1 - alpha / 2, freedom)) * found.std_error
    p_value = float(2 * upper_tail(abs(found.value) / found.std_error, freedom))
    lower, upper = found.value - half, found.value + half
    return Effect(found.value, found.std_error, lower, upper, p_value, method, estimand, freedom)


def _refused(found: AndersonRubin, alpha: float) -> Refusal | None:
    level = f"the {100 * (1 - alpha):.4g} % Anderson-Rubin set of effects is"
    if not found.intervals:
        return Refusal("not_identified", f"{level} empty: instruments contradict each other on every effect")
    if not found.is_bounded:
        detail = f"{level} {found.told()}: instruments move the treatment too little to bound its effect"
        return Refusal("unbounded_interval", detail)
    return None


def _inverted(fit: InstrumentalFit, found: AndersonRubin, method: str) -> Effect:
    lower, upper = found.hull or (-np.inf, np.inf)
    return Effect(fit.estimate.value, None, lower, upper, found.p_value, method, ESTIMAND)


def _others(fit: InstrumentalFit, alpha: float) -> dict[str, Effect | Refusal]:
    errors = fit.rows.errors
    estimates = (
        ("ols", fit.least_squares, "least squares"),
        ("two stage least squares", fit.two_stage, "2SLS"),
        ("liml", fit.liml, "LIML"),
    )
    found: dict[str, Effect | Refusal] = {}
    for name, one, method in estimates:
        told = f"{method}, {errors}"
        found[name] = one if isinstance(one, Refusal) else _wald(one, told, alpha, ESTIMANDS.get(name, ESTIMAND))
    robust = fit.anderson_rubin
    if isinstance(robust, AndersonRubin):
        refused = None if robust.intervals else _refused(robust, alpha)
        found["anderson-rubin"] = refused or _inverted(fit, robust, f"Anderson-Rubin, {errors}")
    else:
        found["anderson-rubin"] = robust
    return found | _stages(fit, alpha)


def _stages(fit: InstrumentalFit, alpha: float) -> dict[str, Effect]:
    found: dict[str, Effect] = {}
    stages: tuple[Stage, ...] = ("first stage", "reduced form")
    told = f"least squares, {fit.rows.errors}"
    for stage in stages:
        for slope in slopes(fit.rows, stage):
            if slope.std_error > 0:
                one = KClass(slope.value, slope.std_error, slope.degrees_of_freedom, 0.0, fit.estimate.residuals)
                found[f"{stage} {slope.instrument}"] = _wald(one, told, alpha, ESTIMANDS[stage])
    return found


def _numbers(fit: InstrumentalFit) -> dict[str, float]:
    strength, robust = fit.strength, fit.anderson_rubin
    found = {
        "first stage F": strength.first_stage_f, "effective F": strength.effective_f, "weak below": strength.weak_below,
        "instruments": float(fit.rows.instruments),
    }  # fmt: skip
    if isinstance(fit.liml, KClass):
        found["kappa"] = fit.liml.kappa
    for tested in (fit.over_identified, fit.wu_hausman):
        if isinstance(tested, SpecificationTest):
            found |= {tested.name: tested.statistic, f"{tested.name} p-value": tested.p_value}
    if isinstance(robust, AndersonRubin):
        lower, upper = robust.hull or (np.nan, np.nan)
        found |= {"AR p-value": robust.p_value, "AR lower": lower, "AR upper": upper}
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def _notes(fit: InstrumentalFit, main: Effect | Refusal) -> tuple[str, ...]:
    robust = fit.anderson_rubin
    if isinstance(main, Refusal) or main.std_error is not None or isinstance(robust, Refusal):
        return ()
    found = []
    if not main.lower <= main.value <= main.upper:
        found.append("The value lies outside the Anderson-Rubin set: instruments disagree about the effect.")
    if len(robust.intervals) > 1:
        found.append(f"The Anderson-Rubin set has gaps: it is {robust.told()}. The interval spans them.")
    return tuple(found)


def _counts(section: CrossSection) -> Mapping[str, int]:
    treated = int(np.count_nonzero(section.treatment == 1))
    untreated = int(np.count_nonzero(section.treatment == 0))
    is_binary = treated + untreated == len(section)
    return {"treated": treated, "untreated": untreated} if is_binary else {"units": len(section)}


def _alternatives(fit: InstrumentalFit, design: Design, alpha: float) -> SpecificationCurve:
    names = fit.rows.names
    sets = {"all": names}
    if 1 < len(names) <= MOST_ALTERNATIVES:
        sets |= {f"only {name}": (name,) for name in names}
    if 2 < len(names) <= MOST_ALTERNATIVES:
        sets |= {f"without {name}": tuple(other for other in names if other != name) for name in names}
    found = [Alternative((("estimator", "OLS"), ("instruments", "none")), *_told(fit.least_squares, alpha))]
    for label, chosen in sets.items():
        rows = fit.rows if chosen == names else fit.rows.only(chosen)
        for estimator, method in (("2SLS", two_stage_least_squares), ("LIML", liml)):
            if estimator == "LIML" and len(chosen) == 1:
                continue
            is_main = label == "all" and (estimator == TITLES[design.estimator] or len(chosen) == 1)
            choices = (("estimator", estimator), ("instruments", label))
            found.append(Alternative(choices, *_told(method(rows), alpha), is_main))
    return SpecificationCurve("specifications", "Effect by estimator and instruments", tuple(found))


def _told(found: KClass | Refusal, alpha: float) -> tuple[float | None, float | None, float | None]:
    if isinstance(found, Refusal):
        return None, None, None
    effect = _wald(found, "", alpha)
    return effect.value, effect.lower, effect.upper
