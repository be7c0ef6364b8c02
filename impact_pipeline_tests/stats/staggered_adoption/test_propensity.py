from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.staggered_adoption.propensity import dependent_column, propensity


def test_chances_and_contributions_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(0)
    columns = np.stack([np.ones(200), *rng.normal(size=(2, 200))])
    treated = (rng.random(200) < 0.3).astype(float)
    weights = rng.integers(1, 4, 200).astype(float)
    found = propensity(columns, treated, weights)
    fit = sm.GLM(treated, columns.T, family=sm.families.Binomial(), freq_weights=weights).fit(tol=1e-12)
    assert found is not None
    assert np.allclose(found.chances, fit.fittedvalues, rtol=0, atol=1e-8)
    scores = (weights * (treated - fit.fittedvalues)) * columns
    assert np.allclose(found.contributions, fit.cov_params() @ scores, rtol=0, atol=1e-8)


@pytest.mark.parametrize("middle", [[0.0, 1.0], [1.0, 1.0]])
def test_separation_has_no_chances(middle: list[float]) -> None:
    """Complete, and all but for a tie at which both kinds stand."""
    position = np.array([-2.0, -1.0, 0.0, 0.0, 1.0, 2.0])
    treated = np.array([0.0, 0.0, *middle, 1.0, 1.0])
    assert propensity(np.stack([np.ones(6), position]), treated, np.ones(6)) is None


def test_the_first_dependent_column_is_named() -> None:
    rows = np.random.default_rng(0).normal(size=(3, 50))
    dependent = np.stack([rows[0], rows[1], rows[0] - 2 * rows[1], rows[2]])
    assert dependent_column(dependent @ dependent.T) == 2
    assert dependent_column(rows @ rows.T) is None
