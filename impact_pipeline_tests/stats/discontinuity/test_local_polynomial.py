from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.discontinuity.kernels import KernelName, kernel_weights
from impact_pipeline.stats.discontinuity.local_polynomial import local_fit
from impact_pipeline_tests.stats.discontinuity.drawn import KERNELS, drawn

SAME_FORMULA = 1e-9


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_coefficients_are_those_of_weighted_least_squares(kernel: KernelName, side: str) -> None:
    own = getattr(drawn().sides(), side)
    fit = local_fit(own, 3, 1.2, kernel)
    x = (own.direction * own.distance)[: len(fit)]
    weights = kernel_weights(np.abs(x) / 1.2, kernel)
    oracle = sm.WLS(fit.near.columns[0], x[:, None] ** np.arange(4), weights=weights).fit()
    assert fit.coefficients[:, 0] == pytest.approx(oracle.params, rel=SAME_FORMULA)
    hat = np.linalg.qr(np.sqrt(weights)[:, None] * x[:, None] ** np.arange(4))[0]
    assert fit.leverages(len(fit)) == pytest.approx(np.sum(hat**2, axis=1), abs=SAME_FORMULA)


@pytest.mark.parametrize("power", [0, 1, 2])
def test_row_weights_add_up_to_the_coefficient(power: int) -> None:
    fit = local_fit(drawn().sides().left, 2, 0.8, "triangular")
    found = float(np.sum(fit.row_weights(power) * fit.near.columns[0]))
    assert found == pytest.approx(float(fit.coefficients[power, 0]), rel=SAME_FORMULA)


def test_bias_share_is_what_a_higher_power_leaves_behind() -> None:
    side = drawn().sides().left
    bent = type(side)(side.direction, side.distance, (side.direction * side.distance)[None] ** 3)
    fit = local_fit(bent, 2, 1.1, "epanechnikov")
    assert fit.bias_share(0) * 1.1**3 == pytest.approx(float(fit.coefficients[0, 0]), rel=1e-7)
