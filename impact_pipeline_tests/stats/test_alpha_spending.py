from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from impact_pipeline.stats.alpha_spending import Spending, hwang_shih_decani, kim_demets, obrien_fleming, pocock

PRINTED = 1e-7
"""Relative; the figures have eight digits."""

SPENDINGS = [obrien_fleming, pocock, kim_demets, hwang_shih_decani, partial(hwang_shih_decani, gamma=2.0)]


@pytest.mark.parametrize(
    ("spending", "fractions", "alpha", "spent"),
    [
        (obrien_fleming, (0.4, 0.75, 0.85), 0.13, (0.016665509, 0.080406163, 0.10053322)),
        (obrien_fleming, (0.2, 0.55), 0.045, (1.475171e-05 / 2, 0.013740227 / 2)),
        (pocock, (0.4, 0.7), 0.025, (0.013078429, 0.0197432)),
        (pocock, (0.35, 0.7), 0.13, (0.061214062, 0.10266465)),
        (partial(kim_demets, rho=2.2), (0.3, 0.7), 0.03, (0.0021222083, 0.013687904)),
        (partial(hwang_shih_decani, gamma=-1.0), (0.2, 0.4), 0.07, (0.0090195874, 0.020036136)),
        (partial(hwang_shih_decani, gamma=0.0), (0.2, 0.4), 0.03, (0.006, 0.012)),
    ],
)
def test_spent_is_that_of_rpact(
    spending: Callable[[float, float], float], fractions: tuple[float, ...], alpha: float, spent: tuple[float, ...]
) -> None:
    """Figures in the unit tests of the R package rpact; of its two-sided design, half on each side."""
    assert [spending(t, alpha) for t in fractions] == pytest.approx(spent, rel=PRINTED)


@pytest.mark.parametrize("spending", SPENDINGS)
@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.5])
def test_spent_rises_to_alpha_and_stays(spending: Spending, alpha: float) -> None:
    spent = [spending(t, alpha) for t in np.linspace(0.02, 1.0, 50)]
    assert (np.diff(spent) > 0).all()
    assert spent[-1] == pytest.approx(alpha, rel=1e-12)
    assert spending(1.2, alpha) == spent[-1]


def test_hwang_shih_decani_is_even_at_gamma_zero() -> None:
    even, nearly = (partial(hwang_shih_decani, gamma=gamma)(0.3, 0.05) for gamma in (0.0, 1e-9))
    assert even == pytest.approx(0.015, rel=1e-15)
    assert nearly == pytest.approx(even, rel=1e-8)
