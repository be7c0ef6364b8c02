from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from impact_pipeline.estimators.base import Contrast, Interval
from impact_pipeline.kpis.base import Impact
from impact_pipeline.kpis.portfolio import PortfolioEntry, portfolio, selection_bias

Z = NormalDist().inv_cdf(0.975)


def impact(amount: float, std_error: float = 1.0, currency: str = "EUR") -> Impact:
    interval = Interval(amount - Z * std_error, amount + Z * std_error, 0.95)
    return Impact("study", "orders", Contrast("treatment", "control"), currency, 365, 10.0, 1.0, amount, interval)


def test_shipped_impacts_add_up_by_currency() -> None:
    entries = [
        PortfolioEntry(impact(x, currency=c), s) for x, c, s in ((9, "USD", True), (8, "EUR", True), (1, "EUR", False))
    ]
    euros, dollars = portfolio(entries)
    assert (euros.currency, euros.shipped, euros.decided, euros.claimed) == ("EUR", 1, 2, 8.0)
    assert (dollars.currency, dollars.claimed) == ("USD", 9.0)
    assert dollars.corrected == pytest.approx(9.0, abs=1e-9)
    assert dollars.interval.upper - dollars.interval.lower == pytest.approx(2 * Z)


def test_nothing_shipped_is_nothing_earned() -> None:
    [total] = portfolio([PortfolioEntry(impact(1.0), shipped=False)])
    assert (total.claimed, total.corrected, total.interval) == (0.0, 0.0, Interval(0.0, 0.0, 0.95))


def test_no_studies_have_no_total() -> None:
    assert portfolio([]) == ()


def test_selection_bias_is_largest_at_the_threshold() -> None:
    assert selection_bias([impact(Z)]) == pytest.approx(NormalDist().pdf(0))
    assert selection_bias([impact(Z, 3.0)]) == pytest.approx(NormalDist().pdf(Z * 2 / 3) * 3, rel=1e-9)


def test_the_corrected_sum_of_winners_is_closer_to_what_was_shipped() -> None:
    rng = np.random.default_rng(12)
    claimed, corrected = [], []
    for _ in range(150):
        truth = rng.normal(0.5, 1.5, 40)
        seen = truth + rng.normal(0, 1, 40)
        [total] = portfolio(PortfolioEntry(impact(float(x)), bool(x > Z)) for x in seen)
        claimed.append(total.claimed - truth[seen > Z].sum())
        corrected.append(total.corrected - truth[seen > Z].sum())
    assert np.mean(claimed) > 5
    assert abs(np.mean(corrected)) < 0.35 * np.mean(claimed)
