"""Do units arrive in their planned shares? An e-value that may be looked at every night."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from impact_pipeline.stats.moments import Real


def log_e_value(counts: ArrayLike, shares: ArrayLike, concentration: float = 1000.0) -> Real:
    """Logarithm of the evidence against the shares that the units counted so far hold; one number for each look.

    `counts`: units so far in each arm, arms along the last axis, any looks before it; `shares`: of the arms, to any
    total. Arms of share 0 take no part, however many units they hold. With `a_k = concentration share_k`, A their sum
    and N units:

    `lnG(A) - lnG(A + N) + sum_k [lnG(a_k + n_k) - lnG(a_k) - n_k ln share_k]`

    the likelihood ratio of shares mixed over Dirichlet(a) against those planned. While the shares hold, `exp` of it is
    expected to stay 1 after any number of units, so its chance ever to reach `1 / alpha` is at most alpha. The larger
    the concentration, the smaller the mismatch it is keenest on. Where the shares change, each phase counts its own
    units against its own shares: e-values of disjoint units multiply, so their logarithms are added. Lindon, Malek
    (2022), NeurIPS 35, arXiv 2011.03567.

    >>> each_day = [[10_150, 9_850, 0], [10_060, 9_940, 0], [10_140, 9_860, 0]]
    >>> np.round(log_e_value(np.cumsum(each_day, axis=0), [0.5, 0.5, 0.0]), 2).tolist()
    [0.62, 0.29, 1.96]
    """
    from scipy.special import gammaln

    planned = np.asarray(shares, dtype=np.float64)
    counted = np.asarray(counts, dtype=np.float64)[..., planned > 0]
    share = planned[planned > 0] / planned.sum()
    prior = concentration * share
    arms = gammaln(prior + counted) - gammaln(prior) - counted * np.log(share)
    total = gammaln(concentration) - gammaln(concentration + counted.sum(axis=-1))
    found: Real = total + arms.sum(axis=-1)
    return found


def p_value(log_e_values: ArrayLike) -> Real:
    """`min(1, 1 / largest e-value so far)` at each look; looks along the last axis. Valid at any look, so never rises.

    >>> np.round(p_value([0.3, 4.0, 1.0]), 3).tolist()
    [0.741, 0.018, 0.018]
    """
    largest = np.maximum.accumulate(np.atleast_1d(np.asarray(log_e_values, dtype=np.float64)), axis=-1)
    return np.exp(-np.maximum(largest, 0.0))
