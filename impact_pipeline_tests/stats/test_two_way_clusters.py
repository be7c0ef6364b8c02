from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.two_way_clusters import TwoWayCovariance, two_way
from impact_pipeline_tests.stats.linear_models import fitted, petersen, refused, with_mean


def test_errors_of_petersen_by_firm_and_year_are_those_he_prints() -> None:
    """Petersen (2009), test data page: .0536; R's sandwich 2.5 prints the variances 4.233313e-03 and 2.868462e-03."""
    rows, fit = petersen()
    found = two_way(fit, rows["firm"], rows["year"])
    assert isinstance(found, TwoWayCovariance)
    assert found.covariance[1, 1] ** 0.5 == pytest.approx(0.0536, abs=5e-5)
    assert np.diag(found.covariance) == pytest.approx([4.233313e-03, 2.868462e-03], rel=1e-6)
    assert found.degrees_of_freedom == 9


def test_covariance_equals_that_of_statsmodels() -> None:
    rng = np.random.default_rng(5)
    user, day = rng.integers(30, size=600), rng.integers(20, size=600)
    x = with_mean(rng.normal(size=600))
    y = rng.normal(size=30)[user] * x[:, 1] + rng.normal(size=20)[day] + rng.normal(size=600)
    found = two_way(fitted(x, y), user, day)
    peer = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": np.column_stack([user, day])})
    assert isinstance(found, TwoWayCovariance)
    assert found.covariance == pytest.approx(peer.cov_params(), rel=1e-10)


def test_clusters_of_one_way_are_not_enough() -> None:
    fit = fitted(np.ones((6, 1)), np.arange(6.0))
    found = refused(two_way(fit, np.zeros(6), np.arange(6)))
    assert found.reason == "too_few_clusters"


def test_a_negative_variance_is_refused_by_name() -> None:
    fit = fitted(np.ones((4, 1)), np.array([1.0, -1.0, -1.0, 1.0]), names=("effect",))
    found = refused(two_way(fit, [0, 0, 1, 1], [0, 1, 0, 1]))
    assert found.reason == "too_few_clusters"
    assert found.detail == "the two-way variance of 'effect' is not above 0; cluster one way instead"
