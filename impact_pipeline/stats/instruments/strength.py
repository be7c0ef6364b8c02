"""How strongly instruments move the treatment: first-stage F, effective F, and the value below which they are weak."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.instruments.instrumented import Instrumented
from impact_pipeline.stats.least_squares import summed


def first_stage_f(rows: Instrumented) -> float:
    """The F statistic of all instruments in the treatment's regression, were errors equal and independent.

    >>> from impact_pipeline.stats.instruments.instrumented import instrumented
    >>> z = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    >>> rows = instrumented(np.array([1.0, 2.0, 3.0, 3.0, 5.0, 4.0]), np.array([0.0, 1, 0, 1, 1, 1]), {"z": z}, {})
    >>> round(first_stage_f(rows), 6)
    4.0
    """
    pull, left = rows.pulls[1], rows.first_stage_residuals
    freedom = rows.n - rows.exogenous - rows.instruments
    return float(summed("q,q->", pull, pull) / rows.instruments / (summed("i,i->", left, left) / freedom))


def effective_f(rows: Instrumented) -> float:
    """`d' P d / tr(W)`, W the covariance of `Q v` under the design's errors: first-stage F where those are classical.

    With one instrument it is the squared robust t. Montiel Olea, Pflueger (2013), Journal of Business and Economic
    Statistics 31.

    >>> from impact_pipeline.stats.instruments.instrumented import instrumented
    >>> z = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    >>> rows = instrumented(np.array([1.0, 2.0, 3.0, 3.0, 5.0, 4.0]), np.array([0.0, 1, 0, 1, 1, 1]), {"z": z}, {})
    >>> round(effective_f(rows), 6)
    4.0
    """
    pull = rows.pulls[1]
    spread = rows.meat(rows.basis, rows.first_stage_residuals, rows.instruments)
    trace = float(np.trace(spread))
    return float(summed("q,q->", pull, pull)) / trace if trace > 0 else float("inf")


def weak_below(rows: Instrumented, worst_bias: float = 0.1, alpha: float = 0.05) -> float:
    """The effective F below which a bias of more than `worst_bias` of the worst case cannot be excluded.

    The simplified, conservative critical value of Montiel Olea and Pflueger (2013): the upper `alpha` quantile of a
    noncentral chi-square with K degrees of freedom and noncentrality K / worst_bias, over K, with
    `K = tr(W)^2 (1 + 2x) / (tr(W'W) + 2x tr(W) max eigenvalue(W))` and `x = 1 / worst_bias`. One instrument: 23.11 at
    0.1, 15.06 at 0.2 (their Table 1).

    >>> from impact_pipeline.stats.instruments.instrumented import instrumented
    >>> z = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    >>> rows = instrumented(np.array([1.0, 2.0, 3.0, 3.0, 5.0, 4.0]), np.array([0.0, 1, 0, 1, 1, 1]), {"z": z}, {})
    >>> [round(weak_below(rows, worst_bias), 2) for worst_bias in (0.05, 0.1, 0.2, 0.3)]
    [37.42, 23.11, 15.06, 12.05]
    """
    from scipy.stats import ncx2

    spread = rows.meat(rows.basis, rows.first_stage_residuals, rows.instruments)
    x, trace = 1 / worst_bias, float(np.trace(spread))
    if trace <= 0:
        return 0.0
    largest = float(np.linalg.eigvalsh(spread)[-1])
    effective = trace**2 * (1 + 2 * x) / (float(np.sum(spread**2)) + 2 * x * trace * largest)
    return float(ncx2.ppf(1 - alpha, effective, x * effective) / effective)
