from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata, wilcoxon

from impact_pipeline.stats.hidden_confounding.rosenbaum_bounds import SignedRanks, hodges_lehmann, signed_ranks
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal

PRINTED = 5e-5
EXPOSED = (
    38, 23, 41, 18, 37, 36, 23, 62, 31, 34, 24, 14, 21, 17, 16, 20, 15, 10, 45, 39,
    22, 35, 49, 48, 44, 35, 43, 39, 34, 13, 73, 25, 27,
)  # fmt: skip
CONTROL = (
    16, 18, 18, 24, 19, 11, 10, 15, 16, 18, 18, 13, 19, 10, 16, 16, 24, 13, 9, 14, 21,
    19, 7, 18, 19, 12, 11, 22, 25, 16, 13, 11, 13,
)  # fmt: skip
LEAD = np.array(EXPOSED, dtype=np.float64) - np.array(CONTROL, dtype=np.float64)
"""Lead in the blood of 33 children of exposed workers less that of neighbours' (Morton et al. 1982), in ug/dl."""


def ranked(differences: Array) -> SignedRanks:
    found = signed_ranks(differences)
    assert isinstance(found, SignedRanks), found
    return found


@pytest.mark.parametrize(("gamma", "printed"), [(2, 0.0018), (3, 0.0136), (4, 0.0388), (4.25, 0.0468), (5, 0.0740)])
def test_p_values_of_lead_in_blood(gamma: float, printed: float) -> None:
    """Rosenbaum (2002), Observational Studies, Table 4.2: one pair has no difference and keeps its rank."""
    assert ranked(LEAD).p_values(gamma)[1] == pytest.approx(printed, abs=PRINTED)


@pytest.mark.parametrize(
    ("gamma", "least", "most"), [(1, 15.0, 15.0), (2, 10.25, 19.5), (3, 8.0, 23.0), (4, 6.5, 25.0), (5, 5.0, 26.5)]
)
def test_estimates_of_lead_in_blood(gamma: float, least: float, most: float) -> None:
    """Rosenbaum (2002), Table 4.3."""
    assert hodges_lehmann(LEAD, gamma) == (least, most)


def test_without_bias_it_is_wilcoxons_test() -> None:
    differences = np.random.default_rng(1).normal(0.3, 1, size=60)
    expected = wilcoxon(differences, alternative="greater", method="asymptotic", correction=False).pvalue
    assert ranked(differences).p_values(1.0) == pytest.approx((expected, expected), rel=1e-9)


def test_largest_gamma_is_where_the_p_value_reaches_alpha() -> None:
    ranks = ranked(LEAD)
    gamma = ranks.largest_gamma(0.05)
    assert 4.25 < gamma < 5
    assert ranks.p_values(gamma)[1] == pytest.approx(0.05, abs=1e-9)
    assert ranked(-LEAD).largest_gamma(0.05) < 1


def test_bounds_widen_with_gamma() -> None:
    ranks = ranked(LEAD)
    bounds = [ranks.p_values(gamma) for gamma in (1.0, 1.5, 2.0, 4.0)]
    assert [low for low, _ in bounds] == sorted((low for low, _ in bounds), reverse=True)
    assert [high for _, high in bounds] == sorted(high for _, high in bounds)


@pytest.mark.parametrize("gamma", [1.0, 1.7, 3.0])
def test_estimates_put_the_statistic_at_its_expectation(gamma: float) -> None:
    differences = np.random.default_rng(2).normal(size=40)
    for effect, chance in zip(hodges_lehmann(differences, gamma), (gamma / (1 + gamma), 1 / (1 + gamma)), strict=True):
        expected = chance * 40 * 41 / 2
        above, below = (
            rankdata(np.abs(moved))[moved > 0].sum()
            for moved in (differences - effect + 1e-9, differences - effect - 1e-9)
        )
        assert below - 1 <= expected <= above + 1


def test_many_pairs_are_counted_as_few_are_written_out() -> None:
    differences = np.random.default_rng(3).normal(size=2001)
    averages = (differences[:, None] + differences)[np.triu_indices(2001)] / 2
    for found, level in zip(hodges_lehmann(differences, 2.0), (1 / 3, 2 / 3), strict=True):
        assert found == pytest.approx(np.quantile(averages, level), abs=1e-5)


def test_bias_of_gamma_is_covered_by_its_bounds() -> None:
    """Pairs without effect whose odds differ by two reject half of the time as randomised pairs, never at gamma 2."""
    rng = np.random.default_rng(4)
    rejected = np.zeros(2)
    for _ in range(200):
        differences = np.abs(rng.normal(size=100)) * np.where(rng.random(100) < 2 / 3, 1, -1)
        ranks = ranked(differences)
        rejected += [ranks.p_values(1.0)[1] < 0.05, ranks.p_values(2.0)[1] < 0.05]
    assert rejected[0] > 100
    assert rejected[1] <= 20


def test_pairs_that_do_not_differ_are_refused() -> None:
    found = signed_ranks(np.array([0.0, 0.0, 1.0]))
    assert isinstance(found, Refusal)
    assert "1 of 3 pairs differ" in found.detail
    missing = signed_ranks(np.array([np.nan, 1.0, 2.0]))
    assert isinstance(missing, Refusal)
    assert missing.reason == "measure_undefined"
