from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from impact_pipeline.stats.synthetic_control.box_descent import box_descent


@pytest.mark.parametrize("upper", [0.5, 2.0])
def test_box_descent_agrees_with_a_general_optimiser(upper: float) -> None:
    start = np.array([-1.2, 0.4, -0.5])
    oracle = minimize(rosen, start, jac=rosen_der, bounds=[(-2, upper)] * 3, method="L-BFGS-B", options={"ftol": 1e-14})
    point, value = box_descent(
        lambda x: (float(rosen(x)), rosen_der(x)), start, -2.0, upper, most_steps=500, least_gain=0.0
    )  # fmt: skip
    assert value == pytest.approx(oracle.fun, abs=1e-6)
    np.testing.assert_allclose(point, oracle.x, atol=1e-3)


def test_box_descent_stays_where_no_bound_lets_it_go() -> None:
    point, value = box_descent(lambda x: (float(x.sum()), np.ones(2)), np.zeros(2), 0.0, 1.0)
    assert (point.tolist(), value) == ([0.0, 0.0], 0.0)
