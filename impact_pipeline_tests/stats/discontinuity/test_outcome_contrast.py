from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.discontinuity.local_polynomial import local_fit
from impact_pipeline.stats.discontinuity.outcome_contrast import freed
from impact_pipeline.stats.discontinuity.sides import sides_of
from impact_pipeline_tests.stats.discontinuity.drawn import drawn


def test_slopes_are_those_of_one_weighted_regression_of_both_sides() -> None:
    draw, width = drawn(), 1.0
    sides = draw.sides(covariates=True)
    found = freed([local_fit(side, 1, width, "triangular") for side in (sides.left, sides.right)], 1)
    rows = np.abs(draw.score) < width
    x, right = draw.score[rows], draw.score[rows] >= 0
    columns = np.column_stack([np.ones(len(x)), right, x, right * x, draw.covariates[:, rows].T])
    root = np.sqrt(1 - np.abs(x))
    oracle = np.linalg.lstsq(root[:, None] * columns, root * draw.outcome[rows], rcond=None)[0]
    assert found[0].tolist() == pytest.approx([1.0, *(-oracle[4:])], rel=1e-8)


def test_a_covariate_that_is_constant_explains_nothing() -> None:
    draw = drawn()
    columns = np.stack([draw.outcome, draw.covariates[0], np.ones(len(draw.score))])
    sides = sides_of(draw.score, columns)
    found = freed([local_fit(sides.left, 1, 1.0, "triangular")], 1)
    without = freed([local_fit(sides.only([0, 1]).left, 1, 1.0, "triangular")], 1)
    assert found[0].tolist() == pytest.approx([*without[0], 0.0], abs=1e-9)
