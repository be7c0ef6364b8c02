from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.time_series.level_regression import coefficients, given_path, not_identified
from impact_pipeline_tests.stats.time_series.dense_series import PATHS, contrast_likelihood, foretold, observed

BY_OTHER_MATRICES = 1e-6
LENGTH = 30


def gappy(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    outcome = np.cumsum(rng.normal(size=LENGTH)) + rng.normal(size=LENGTH)
    outcome[[4, 5, 20]] = np.nan
    return outcome, rng.normal(size=(LENGTH, 3))


@pytest.mark.parametrize("ratios", [(0.5,), (2.0,), (0.5, 0.1)])
@pytest.mark.parametrize("shrunk", [0, 2])
def test_evidence_changes_with_ratios_and_ridge_as_that_of_dense_contrasts(
    ratios: tuple[float, ...], shrunk: int
) -> None:
    outcome, columns = gappy()
    of = observed(outcome, PATHS[len(ratios)](LENGTH), columns, shrunk)
    other = tuple(1.7 * ratio for ratio in ratios)
    found = [coefficients(of, given_path(of, own), ridge) for own, ridge in ((ratios, 0.8), (other, 2.5))]
    peer = [contrast_likelihood(of, own, ridge) for own, ridge in ((ratios, 0.8), (other, 2.5))]
    assert [one.squares for one in found] == pytest.approx([one[1] for one in peer], rel=BY_OTHER_MATRICES)
    change = found[1].log_evidence - found[0].log_evidence
    assert change == pytest.approx(peer[1][0] - peer[0][0], rel=BY_OTHER_MATRICES)


@pytest.mark.parametrize("ratios", [(0.5,), (0.5, 0.1)])
def test_expected_outcome_is_that_of_dense_conditioning(ratios: tuple[float, ...]) -> None:
    outcome, columns = gappy(1)
    of = observed(outcome, PATHS[len(ratios)](LENGTH), columns, 2)
    given = given_path(of, ratios)
    found = coefficients(of, given, 0.8)
    expected = given.level + (of.columns - given.pulls) @ found.mean
    assert expected == pytest.approx(foretold(of, ratios, 0.8)[0], rel=BY_OTHER_MATRICES)


def test_a_flat_column_that_the_level_determines_is_refused_by_name() -> None:
    outcome, columns = gappy()
    twice = np.column_stack([columns[:, 0], columns[:, 1], columns[:, 0] - columns[:, 1]])
    assert not_identified(observed(outcome, PATHS[1](LENGTH), columns)) is None
    found = not_identified(observed(outcome, PATHS[1](LENGTH), twice))
    assert isinstance(found, Refusal)
    assert found.reason == "collinear"
    assert "'x2'" in found.detail
    constant = not_identified(observed(outcome, PATHS[1](LENGTH), np.ones((LENGTH, 1))))
    assert isinstance(constant, Refusal)
