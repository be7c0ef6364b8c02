"""One fit of an instrumental-variables design: the rows, the estimate, and everything that is told beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from impact_pipeline.stats.instruments.anderson_rubin import AndersonRubin, anderson_rubin
from impact_pipeline.stats.instruments.instrumented import Errors, Instrumented, instrumented
from impact_pipeline.stats.instruments.k_class import KClass, k_class, liml, two_stage_least_squares
from impact_pipeline.stats.instruments.over_identification import SpecificationTest, over_identified, wu_hausman
from impact_pipeline.stats.instruments.strength import effective_f, first_stage_f, weak_below
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

EstimatorName = Literal["two_stage_least_squares", "liml"]


@dataclass(frozen=True, slots=True)
class Strength:
    """F of the first stage, its effective F, and the effective F below which instruments are weak."""

    first_stage_f: float
    effective_f: float
    weak_below: float

    @property
    def is_weak(self) -> bool:
        return self.effective_f < self.weak_below


@dataclass(frozen=True, slots=True, eq=False)
class InstrumentalFit:
    """`estimate` is the one that was asked for; `over_identified` compares instruments by the residuals
    of 2SLS."""

    rows: Instrumented
    strength: Strength
    estimate: KClass
    least_squares: KClass | Refusal
    two_stage: KClass | Refusal
    liml: KClass | Refusal
    anderson_rubin: AndersonRubin | Refusal
    over_identified: SpecificationTest | Refusal
    wu_hausman: SpecificationTest | Refusal


def of_sample(section: CrossSection, errors: Errors | Literal["automatic"]) -> Instrumented | Refusal:
    """The sample's rows; automatic errors are by cluster where it has one, HC1 otherwise.

    >>> import numpy as np
    >>> of_sample(CrossSection(np.arange(9.0), np.ones(9), instruments={"z": np.arange(9.0)}), "automatic").reason
    'zero_variance'
    """
    chosen: Errors = ("HC1" if section.cluster is None else "cluster") if errors == "automatic" else errors
    return instrumented(
        section.outcome, section.treatment, section.instruments, section.covariates,
        errors=chosen, cluster=section.cluster if chosen == "cluster" else None, weights=section.weights,
    )  # fmt: skip


def strength(rows: Instrumented, worst_bias: float) -> Strength:
    """
    >>> import numpy as np
    >>> z = np.arange(20.0)
    >>> rows = instrumented(np.sin(z), z + np.cos(z), {"z": z}, {})
    >>> strength(rows, 0.1).is_weak
    False
    """
    return Strength(first_stage_f(rows), effective_f(rows), weak_below(rows, worst_bias))


def fitted(rows: Instrumented, estimator: EstimatorName, worst_bias: float, alpha: float) -> InstrumentalFit | Refusal:
    """Everything about one set of rows, or why the estimate that was asked for has no number.

    >>> import numpy as np
    >>> z = np.arange(20.0)
    >>> rows = instrumented(np.sin(z) + z, z + np.cos(z), {"z": z}, {})
    >>> found = fitted(rows, "liml", 0.1, 0.05)
    >>> found.estimate is found.liml, found.over_identified.reason
    (True, 'not_identified')
    """
    projected, likeliest = two_stage_least_squares(rows), liml(rows)
    estimate = projected if estimator == "two_stage_least_squares" else likeliest
    if isinstance(estimate, Refusal):
        return estimate
    return InstrumentalFit(
        rows, strength(rows, worst_bias), estimate, k_class(rows, 0.0), projected, likeliest,
        anderson_rubin(rows, alpha), over_identified(rows, estimate if isinstance(projected, Refusal) else projected),
        wu_hausman(rows),
    )  # fmt: skip
