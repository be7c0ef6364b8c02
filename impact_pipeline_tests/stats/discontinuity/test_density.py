from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impact_pipeline.stats.discontinuity.density import DensityTest, density_test, fit_distribution, score_sides
from impact_pipeline.stats.discontinuity.density_bandwidth import density_bandwidths, limits
from impact_pipeline.stats.discontinuity.kernels import KernelName
from impact_pipeline_tests.stats.discontinuity.drawn import KERNELS, Floats, quietly, senate

SAME_FORMULA = 1e-6


def asked(score: Floats, cutoff: float = 0.0, order: int = 2, kernel: KernelName = "triangular") -> DensityTest:
    sides = score_sides(score, cutoff)
    widths = density_bandwidths(sides, score, cutoff, order=order, kernel=kernel)
    return density_test(sides, widths, order=order, kernel=kernel)


def scores() -> dict[str, tuple[Floats, float]]:
    rng = np.random.default_rng(0)
    normal = rng.normal(0.2, 1, 2000)
    return {
        "senate": (senate().score, 0.0), "elsewhere": (senate().score, 10.0), "normal": (normal, 0.0),
        "few": (normal[:150], 0.0), "uniform": (rng.uniform(-1, 1, 5000), 0.0), "skew": (rng.exponential(1, 3000), 1.0),
        "repeated": (np.round(normal * 16) / 16, 0.0), "coarse": (np.round(rng.normal(0.2, 1, 3000) * 4), 0.0),
    }  # fmt: skip


@pytest.mark.parametrize("name", scores())
def test_bandwidths_and_statistic_agree_with_rddensity(name: str) -> None:
    from rddensity import rddensity

    score, cutoff = scores()[name]
    for kernel, order in product(KERNELS, (1, 2, 3)):
        oracle = quietly(rddensity, score, c=cutoff, p=order, kernel=kernel)
        found = asked(score, cutoff, order, kernel)  # type: ignore[arg-type]
        assert found.bandwidths == pytest.approx(oracle.h.to_numpy(), rel=SAME_FORMULA), (kernel, order)
        assert (found.left, found.right) == pytest.approx(oracle.hat.to_numpy()[:2], rel=SAME_FORMULA)
        assert found.std_error == pytest.approx(oracle.sd_jk.to_numpy()[2], rel=SAME_FORMULA)
        assert found.p_value == pytest.approx(oracle.test["p_jk"], rel=1e-4)


def test_all_elections_of_the_senate_are_those_of_the_paper() -> None:
    """Cattaneo, Jansson, Ma (2018), Stata Journal 18: -0.8753 with every election, also those without a next vote."""
    import rdrobust

    every = pd.read_csv(Path(rdrobust.__file__).parent / "data" / "rdrobust_RDsenate.csv")
    found = asked(every["margin"].to_numpy())
    assert (len(every), int(every["vote"].isna().sum())) == (1390, 93)
    assert found.statistic == pytest.approx(-0.8753, abs=5e-5)
    assert found.bandwidths == pytest.approx((19.841, 27.119), abs=5e-4)
    assert asked(every.dropna(subset=["vote"])["margin"].to_numpy()).statistic == pytest.approx(-0.76, abs=5e-3)


def test_error_is_that_of_leaving_rows_out_one_by_one() -> None:
    """The sum over rows of squared influences, each by the definition: weights of other rows at or above it."""
    score = np.random.default_rng(1).normal(size=300)
    right = score_sides(score, 0.0)[1]
    fit = fit_distribution(right, 3, 1.0, "triangular")
    ordered = np.sort(score[score >= 0])[: len(fit.slope_weights)]
    influence = [float(np.sum(fit.slope_weights[ordered > one])) for one in ordered]
    assert fit.variance == pytest.approx(np.sum(np.square(influence)) / 299**2, rel=1e-9)


@pytest.mark.parametrize(("order", "variance", "bias"), [(1, 6 / 5, 1.0), (2, 192 / 35, -3 / 5), (3, 100 / 7, 2 / 7)])
def test_limits_of_a_uniform_kernel_are_fractions(order: int, variance: float, bias: float) -> None:
    """By integrating the polynomials by hand."""
    assert limits(order, 1, "uniform") == pytest.approx((variance, bias), rel=1e-9)


def test_size_and_power() -> None:
    """At 5 % of 400 draws: 20 +- 4.4; of a heap of a tenth of the units just above nearly all are found."""
    rng = np.random.default_rng(3)
    null = [asked(rng.normal(0.3, 1, 800)).p_value < 0.05 for _ in range(400)]
    assert 7 <= sum(null) <= 36
    heaped = [asked(np.concatenate([rng.normal(0.3, 1, 1500), rng.uniform(0, 0.1, 150)])).p_value for _ in range(40)]
    assert sum(p < 0.05 for p in heaped) >= 36
