"""Whether instruments agree with each other on the effect, and whether the treatment needed instruments at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.inference import upper_tail
from impact_pipeline.stats.instruments.instrumented import Instrumented
from impact_pipeline.stats.instruments.k_class import KClass
from impact_pipeline.stats.least_squares import summed
from impact_pipeline.stats.refusal import Refusal


@dataclass(frozen=True, slots=True)
class SpecificationTest:
    """A test's statistic, its p-value, and its name in the field's words."""

    name: str
    statistic: float
    p_value: float


def over_identified(rows: Instrumented, fit: KClass) -> SpecificationTest | Refusal:
    """Sargan's test (1958) under classical errors, Hansen's J (1982) of the two-step estimate otherwise.

    Sargan: `n e' P e / e' e` with the residuals of `fit`. J: `g' S^-1 g`, g the instruments' covariance with the
    errors of the estimate that minimises it, S that of `Q e`. Chi-square with q - 1 degrees of freedom if all
    instruments are valid; silent where all of them err alike.

    >>> from impact_pipeline.stats.instruments.instrumented import instrumented
    >>> from impact_pipeline.stats.instruments.k_class import two_stage_least_squares
    >>> rng = np.random.default_rng(0)
    >>> z, w, u = rng.normal(size=(3, 400))
    >>> rows = instrumented(z + w + u, z + w + rng.normal(size=400), {"z": z, "w": w}, {}, errors="classical")
    >>> found = over_identified(rows, two_stage_least_squares(rows))
    >>> found.name, found.p_value > 0.05
    ('Sargan', True)
    """
    from scipy.special import chdtrc

    spare = rows.instruments - 1
    if not spare:
        return Refusal("not_identified", "one instrument has nothing to be compared with; a second one would tell")
    pull = summed("qi,i->q", rows.basis, fit.residuals)
    if rows.errors == "classical":
        total = float(summed("i,i->", fit.residuals, fit.residuals))
        statistic = rows.n * float(summed("q,q->", pull, pull)) / total
        return SpecificationTest("Sargan", statistic, float(chdtrc(spare, statistic)))
    scores = rows.basis * fit.residuals
    inner = rows.score_products(scores, scores)
    if np.linalg.matrix_rank(inner) < rows.instruments:
        return Refusal("too_few_clusters", f"{rows.instruments} instruments need more clusters than {rows.clusters}")
    reduced, first = rows.pulls
    weighted = np.linalg.solve(inner, first)
    value = float(weighted @ reduced) / float(weighted @ first)
    gap = reduced - value * first
    statistic = float(gap @ np.linalg.solve(inner, gap))
    return SpecificationTest("Hansen J", statistic, float(chdtrc(spare, statistic)))


def wu_hausman(rows: Instrumented) -> SpecificationTest | Refusal:
    """Whether least squares and 2SLS differ by more than chance: the t test of the first stage's residuals.

    They are added to the outcome's regression on treatment and covariates; their coefficient is 0 where the treatment
    is unrelated to the error. Wu (1973), Hausman (1978), Econometrica 46.

    >>> from impact_pipeline.stats.instruments.instrumented import instrumented
    >>> rng = np.random.default_rng(0)
    >>> z, u, v = rng.normal(size=(3, 400))
    >>> rows = instrumented(u + v, z + u, {"z": z}, {}, errors="classical")
    >>> wu_hausman(rows).p_value < 0.001
    True
    """
    left = rows.first_stage_residuals
    own = float(summed("i,i->", left, left))
    if own <= np.finfo(float).eps * rows.products[1, 1]:
        return Refusal("collinear", "instruments and covariates determine the treatment: it is no other than they are")
    pair = np.stack([rows.treatment, left])
    gram = summed("ai,bi->ab", pair, pair)
    slopes = np.asarray(np.linalg.solve(gram, summed("ai,i->a", pair, rows.outcome)), dtype=np.float64)
    residuals = rows.outcome - summed("a,ai->i", slopes, pair)
    bread = np.linalg.inv(gram)
    variance = float((bread @ rows.meat(pair, residuals, 2) @ bread)[1, 1])
    if not variance > 0:
        return Refusal("zero_variance", "treatment and instruments determine the outcome exactly: there is no error")
    statistic = float(slopes[1] ** 2) / variance
    return SpecificationTest("Wu-Hausman F", statistic, float(2 * upper_tail(statistic**0.5, rows.spread(2))))
