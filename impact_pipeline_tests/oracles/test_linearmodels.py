"""Against linearmodels, the whole way from cells: units are the clusters of their orders."""

from __future__ import annotations

from math import sqrt

import pytest
import statsmodels.api as sm
from linearmodels.iv import IV2SLS

from impact_pipeline_tests.oracles.same_units import SAME_FORMULA, UNITS, estimate, order_rows


def test_a_ratio_is_the_regression_of_orders_with_units_as_clusters() -> None:
    """Price of an order on the arm, errors clustered by unit (without a correction for few): revenue over orders.

    Sums over a unit's residuals `y - R d` over the square of all orders; the delta method has n - 1 for n, over all
    units, those without an order included.
    """
    frame, found = order_rows(), estimate("ratio")
    model = IV2SLS(frame["price"], sm.add_constant(frame["treated"]), None, None)
    fit = model.fit(cov_type="clustered", clusters=frame["unit"].astype("category").cat.codes, debiased=False)
    assert found.value == pytest.approx(fit.params["treated"], rel=SAME_FORMULA)
    assert found.means["control"] == pytest.approx(fit.params["const"], rel=SAME_FORMULA)
    uncorrected = fit.std_errors["treated"]
    assert found.std_error == pytest.approx(uncorrected * sqrt(UNITS / (UNITS - 1)), rel=SAME_FORMULA)
