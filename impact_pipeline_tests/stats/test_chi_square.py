from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.stats.chi_square import ChiSquare, goodness_of_fit


def test_sample_ratio_mismatch_of_kohavi() -> None:
    assert goodness_of_fit([821_588, 815_482], [0.5, 0.5]).p_value == pytest.approx(1.8e-6, abs=6e-8)


def test_a_paused_arm_lends_no_degree_of_freedom() -> None:
    found = goodness_of_fit([50_700, 49_300, 0], [0.5, 0.5, 0.0])
    assert found.degrees_of_freedom == 1
    assert found.p_value == pytest.approx(9.5e-6, abs=5e-8)


def test_three_arms_equal_scipy() -> None:
    found = goodness_of_fit([480, 330, 190], [0.5, 0.3, 0.2])
    reference = stats.chisquare([480, 330, 190], [500, 300, 200])
    assert float(found.statistic) == pytest.approx(reference.statistic, rel=1e-14)
    assert found.p_value == pytest.approx(reference.pvalue, rel=1e-12)


def test_statistics_of_independent_counts_add_up() -> None:
    total = goodness_of_fit([60, 40], [0.5, 0.5]) + goodness_of_fit([10, 90], [0.1, 0.9])
    assert total == ChiSquare(Fraction(4), 2)


def test_size_on_splits_without_mismatch() -> None:
    rng = np.random.default_rng(11)
    p_values = [goodness_of_fit([int(a), 10_000 - int(a)], [0.5, 0.5]).p_value for a in rng.binomial(10_000, 0.5, 2000)]
    assert 0.035 <= np.mean(np.array(p_values) < 0.05) <= 0.065
    assert np.mean(np.array(p_values) < 0.001) <= 0.0035
