"""How strong a hidden confounder has to be to take the effect away, beside the covariates that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.hidden_confounding.partial_r_squared import partial_r_squared
from impact_pipeline.stats.hidden_confounding.robustness import Adjusted, adjusted, as_strong_as, robustness_value
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.partial_regression import PartialRegression, partial_regression
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

TOLD = 5
"""Covariates that are told, strongest first."""
TIMES = (1, 2, 3)
Bounds = Mapping[tuple[int, str], Adjusted | None]


class RobustnessValue:
    """Fails where a hidden confounder as strong as the strongest measured covariate would leave nothing significant.

    That covariate is the one whose like would move the effect most (Cinelli, Hazlett 2020, with k = 1), in the linear
    regression with the same covariates; its errors are classical. It only informs where the interval holds 0 as it is,
    where no covariate was measured, and of instruments: there it is about the reduced form of a single one, whose
    effect a confounder of the instrument would have to explain.
    """

    name: ClassVar[str] = "robustness_value"
    designs: ClassVar[frozenset[str]] = frozenset({"observational", "instrumental_variables"})
    asks: ClassVar[str] = "How strong would a hidden confounder have to be?"
    pass_means: ClassVar[str] = "One as strong as the strongest measured covariate would not take the effect away."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        section: CrossSection = question.sample
        moved = _moved(section, question.design.type)
        if moved is None:
            sentence = "Told of one instrument; several have no single reduced form."
            return Checked(Finding(self.name, None, None, None, sentence, "none", {}))
        covariates = {**section.covariates, **(section.outcome_covariates or {})}
        fit = partial_regression(section.outcome, moved, covariates, errors="classical", weights=section.weights)
        if isinstance(fit, Refusal):
            return Checked(Finding(self.name, None, None, None, f"No linear regression: {fit.detail}.", "none", {}))
        bounds = _bounds(section, moved, covariates, fit, question.alpha)
        return _told(self.name, fit, bounds, question.alpha, question.design.type)


@dataclass(frozen=True, slots=True)
class _Values:
    whole: float
    significant: float


def _moved(section: CrossSection, design: str) -> Array | None:
    if design == "observational":
        return section.treatment
    return next(iter(section.instruments.values())) if len(section.instruments) == 1 else None


def _bounds(
    section: CrossSection, moved: Array, covariates: Mapping[str, Array], fit: PartialRegression, alpha: float
) -> dict[tuple[int, str], Adjusted | None]:
    """By multiple and covariate the effect with a confounder so strong beside it, strongest covariates first."""
    if not covariates:
        return {}
    columns = np.stack(list(covariates.values()))
    with_outcome = partial_r_squared(section.outcome, np.vstack([columns, moved]), section.weights)[:-1]
    with_moved = partial_r_squared(moved, columns, section.weights)
    strength = [np.asarray(as_strong_as(with_outcome, with_moved, float(times))) for times in TIMES]
    y, d = strength[0]
    pull = np.where(np.isnan(d), np.inf, y * d / (1 - d))
    order = np.argsort(-pull, kind="stable")[:TOLD]
    names = tuple(covariates)
    return {
        (times, names[place]): _adjusted(fit, float(shares[0][place]), float(shares[1][place]), alpha)
        for place in order
        for times, shares in zip(TIMES, strength, strict=True)
    }  # fmt: skip


def _adjusted(fit: PartialRegression, with_outcome: float, with_moved: float, alpha: float) -> Adjusted | None:
    if not np.isfinite([with_outcome, with_moved]).all():
        return None
    return adjusted(fit.value, fit.classical_error, fit.left, with_outcome, with_moved, alpha)


def _told(name: str, fit: PartialRegression, bounds: Bounds, alpha: float, design: str) -> Checked:
    values = _Values(robustness_value(fit.t, fit.left), robustness_value(fit.t, fit.left, alpha=alpha))
    details = {
        "estimate": fit.value, "std_error": fit.classical_error, "partial R2": fit.partial_r_squared,
        "robustness value": values.whole, "robustness value of significance": values.significant,
    }  # fmt: skip
    details |= {f"{times}x {own}": one.value for (times, own), one in bounds.items() if one is not None}
    judged = design == "observational" and bool(bounds) and values.significant > 0
    passed = all(_stays(one, fit.value) for (times, _), one in bounds.items() if times == 1) if judged else None
    sentence = f"{_needed(values, alpha, design)} {_compared(fit, bounds)}".strip()
    finding = Finding(name, passed, values.significant, None, sentence, "never_ship" if judged else "none", details)
    return Checked(finding, (_exhibit(fit, bounds),) if bounds else ())


def _stays(found: Adjusted | None, value: float) -> bool:
    return found is not None and (found.lower > 0 if value > 0 else found.upper < 0)


def _needed(values: _Values, alpha: float, design: str) -> str:
    cause = "treatment" if design == "observational" else "instrument"
    if not values.significant:
        return f"The effect is not significant at {100 * alpha:.4g} % as it is: there is nothing to take away."
    return (
        f"A hidden confounder has to explain {100 * values.whole:.1f} % of what covariates leave of outcome and {cause}"
        f" to take the effect away, {100 * values.significant:.1f} % to take its significance."
    )


def _compared(fit: PartialRegression, bounds: Bounds) -> str:
    if not bounds:
        return "No covariate was measured that it could be compared with."
    strongest = next(name for times, name in bounds if times == 1)
    one = bounds[1, strongest]
    if one is None:
        return f"'{strongest}' explains half of it or more: one as strong would explain all."
    span = f"{one.lower:.4g} to {one.upper:.4g}"
    return f"One as strong as '{strongest}' would leave {one.value:.4g} ({span}) of {fit.value:.4g}."


def _exhibit(fit: PartialRegression, bounds: Bounds) -> SpecificationCurve:
    none = (("as strong as", "none"), ("times", "0"))
    shown = [Alternative(none, fit.value, None, None, is_main=True)]
    for (times, name), one in bounds.items():
        choices = (("as strong as", name), ("times", str(times)))
        if one is None:
            shown.append(Alternative(choices, None, None, None, refused="would explain all of the treatment"))
        else:
            shown.append(Alternative(choices, one.value, one.lower, one.upper))
    return SpecificationCurve("robustness_value", "Effect beside a hidden confounder", tuple(shown))
