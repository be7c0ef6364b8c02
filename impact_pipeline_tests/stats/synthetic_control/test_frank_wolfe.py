from __future__ import annotations

import numpy as np
import pytest
from synthdid.solver import sc_weight_fw

from impact_pipeline.stats.synthetic_control.frank_wolfe import first_difference_noise, search_early_stopped
from impact_pipeline.stats.synthetic_control.simplex import simplex_weights
from impact_pipeline_tests.stats.synthetic_control.panels import drawn


def test_search_comes_near_the_optimum_with_ridge() -> None:
    whole = drawn(0)
    points, target = whole.donors[:, : whole.starts], whole.target[: whole.starts]
    noise = first_difference_noise(whole)
    found = search_early_stopped(points, target, noise, noise)
    exact = simplex_weights(points, target, points.shape[1] * noise**2)
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found, exact, atol=0.01)


def test_search_is_the_two_stages_of_the_papers_software() -> None:
    whole = drawn(1)
    points, target = whole.donors[:, : whole.starts], whole.target[: whole.starts]
    noise = first_difference_noise(whole)
    rows = np.column_stack([points.T, target])
    first = sc_weight_fw(rows, 0.3, intercept=False, min_decrease=1e-5 * noise, max_iter=100)["lambda"]
    kept = np.where(first > first.max() / 4, first, 0.0)
    last = sc_weight_fw(
        rows, 0.3, intercept=False, lambda_=kept / kept.sum(), min_decrease=1e-5 * noise, max_iter=10_000
    )["lambda"]
    np.testing.assert_allclose(search_early_stopped(points, target, 0.3, noise), last, atol=1e-9)
