from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.discontinuity.bandwidths import Bandwidths, Recipe, select
from impact_pipeline.stats.discontinuity.errors import Errors, ErrorsName, errors_of
from impact_pipeline.stats.discontinuity.kernels import KernelName
from impact_pipeline.stats.discontinuity.robust import discontinuity
from impact_pipeline.stats.discontinuity.sides import sides_of
from impact_pipeline_tests.stats.discontinuity.drawn import (
    ERRORS,
    KERNELS,
    drawn,
    jump_by_rdrobust,
    jump_of,
    numbers,
    senate,
)

SAME_FORMULA = 1e-8
PRINTED = 1e-4
WIDTHS = Bandwidths((0.9, 1.1), (1.4, 1.2))
ORACLE: dict[str, Any] = {"h": [0.9, 1.1], "b": [1.4, 1.2]}


def test_senate_elections_are_those_of_the_paper() -> None:
    """Calonico, Cattaneo, Farrell, Titiunik (2017), Stata Journal 17: 7.4141 (1.4587), robust [4.0937, 10.9193]."""
    rows = errors_of(senate().sides())
    widths = select(rows, Recipe(), "mserd")
    found = discontinuity(rows, Recipe(), widths)
    assert widths.main[0] == pytest.approx(17.754, abs=5e-4)
    assert widths.bias[0] == pytest.approx(28.028, abs=5e-4)
    assert numbers(found.jump()) == pytest.approx((7.4141, 7.5065, 1.4587, 1.7413), abs=PRINTED)
    assert (len(found.left.main), len(found.right.main)) == (360, 323)


@pytest.mark.parametrize(("kernel", "orders"), list(product(KERNELS, [(0, 1), (1, 2), (1, 3), (2, 3), (3, 4)])))
def test_every_kernel_and_order_agrees_with_rdrobust(kernel: KernelName, orders: tuple[int, int]) -> None:
    oracle = jump_by_rdrobust(drawn(), p=orders[0], q=orders[1], kernel=KERNELS[kernel], **ORACLE)
    assert numbers(jump_of(drawn().sides(), Recipe(*orders, kernel), WIDTHS)) == pytest.approx(
        numbers(oracle), rel=SAME_FORMULA
    )


@pytest.mark.parametrize("errors", ERRORS)
def test_every_kind_of_errors_agrees_with_rdrobust(errors: ErrorsName) -> None:
    cluster = drawn().cluster if errors == "cluster_by_side" else None
    oracle = jump_by_rdrobust(drawn(), vce=ERRORS[errors], cluster=cluster, **ORACLE)
    found = jump_of(drawn().sides(), Recipe(), WIDTHS, Errors(errors))
    assert numbers(found) == pytest.approx(numbers(oracle), rel=SAME_FORMULA)


@pytest.mark.parametrize("errors", ["nearest_neighbour", "HC3"])
@pytest.mark.parametrize("step", [0.01, 1 / 8])
def test_repeated_scores_agree_with_rdrobust(errors: ErrorsName, step: float) -> None:
    draw = drawn(step=step)
    widths = Bandwidths((1.2 / step, 1.2 / step), (1.5 / step, 1.5 / step))
    oracle = jump_by_rdrobust(draw, h=1.2 / step, b=1.5 / step, vce=ERRORS[errors])
    found = jump_of(draw.sides(), Recipe(), widths, Errors(errors))
    assert numbers(found) == pytest.approx(numbers(oracle), rel=SAME_FORMULA)


@pytest.mark.parametrize("matches", [1, 5])
def test_number_of_neighbours_agrees_with_rdrobust(matches: int) -> None:
    oracle = jump_by_rdrobust(drawn(), nnmatch=matches, **ORACLE)
    found = jump_of(drawn().sides(), Recipe(), WIDTHS, Errors(matches=matches))
    assert numbers(found) == pytest.approx(numbers(oracle), rel=SAME_FORMULA)


@pytest.mark.parametrize("adjust", [False, True])
def test_fuzzy_designs_agree_with_rdrobust(adjust: bool) -> None:
    covariates = drawn().covariates.T if adjust else None
    oracle = jump_by_rdrobust(drawn(), fuzzy=drawn().treatment, covs=covariates, **ORACLE)
    found = jump_of(drawn().sides(fuzzy=True, covariates=adjust), Recipe(fuzzy=True), WIDTHS)
    assert numbers(found) == pytest.approx(numbers(oracle), rel=SAME_FORMULA)


def test_covariates_and_weights_agree_with_rdrobust() -> None:
    weights = np.random.default_rng(5).uniform(0.2, 2, len(drawn().score))
    oracle = jump_by_rdrobust(drawn(), covs=drawn().covariates.T, weights=weights, **ORACLE)
    found = jump_of(drawn().sides(covariates=True, weights=weights), Recipe(), WIDTHS)
    assert numbers(found) == pytest.approx(numbers(oracle), rel=SAME_FORMULA)


def test_clusters_across_the_cutoff_count_once() -> None:
    """statsmodels, one weighted regression on both sides with clustered errors; rdrobust adds up each side's alone."""
    draw, width = drawn(), 1.0
    rows = np.abs(draw.score) < width
    x, right = draw.score[rows], draw.score[rows] >= 0
    design = np.column_stack([np.ones(len(x)), right, x, right * x])
    oracle = sm.WLS(draw.outcome[rows], design, weights=1 - np.abs(x)).fit(
        cov_type="cluster", cov_kwds={"groups": draw.cluster[rows]}
    )
    widths = Bandwidths((width, width), (width, width))
    found = jump_of(draw.sides(), Recipe(), widths, Errors("cluster"))
    assert (found.conventional, found.std_error) == pytest.approx((oracle.params[1], oracle.bse[1]), rel=SAME_FORMULA)
    apart = jump_of(draw.sides(), Recipe(), widths, Errors("cluster_by_side"))
    assert apart.std_error != pytest.approx(found.std_error, rel=1e-3)


def test_a_polynomial_of_the_bias_order_leaves_no_bias() -> None:
    score = np.linspace(-1, 1, 401)
    outcome = 1 + score - 3 * score**2 + 2.0 * (score >= 0)
    found = jump_of(sides_of(score, outcome[None]), Recipe(), Bandwidths((0.5, 0.5), (0.5, 0.5)))
    assert found.corrected == pytest.approx(2.0, abs=1e-10)
    assert abs(found.conventional - 2.0) < 0.1


def test_equal_bandwidths_make_the_corrected_fit_one_of_higher_order() -> None:
    """Calonico, Cattaneo, Titiunik (2014), remark 7: with h = b the corrected line is the quadratic."""
    widths = Bandwidths((1.0, 1.0), (1.0, 1.0))
    linear = jump_of(drawn().sides(), Recipe(1, 2), widths)
    quadratic = jump_of(drawn().sides(), Recipe(2, 3), widths)
    assert (linear.corrected, linear.robust_error) == pytest.approx(
        (quadratic.conventional, quadratic.std_error), rel=SAME_FORMULA
    )


def test_scales_and_shifts_carry_over() -> None:
    draw = drawn()
    moved = sides_of(3 * draw.score + 5, -2 * draw.outcome[None] + 1, cutoff=5.0)
    widths = Bandwidths((2.7, 3.3), (4.2, 3.6))
    expected = jump_of(draw.sides(), Recipe(), WIDTHS)
    found = jump_of(moved, Recipe(), widths)
    assert numbers(found) == pytest.approx(
        (-2 * expected.conventional, -2 * expected.corrected, 2 * expected.std_error, 2 * expected.robust_error),
        rel=1e-7,
    )
