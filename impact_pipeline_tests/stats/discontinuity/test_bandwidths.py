from __future__ import annotations

from itertools import product
from typing import cast

import numpy as np
import pytest

from impact_pipeline.stats.discontinuity.bandwidths import Recipe, Selector, pilot, select
from impact_pipeline.stats.discontinuity.errors import Errors, ErrorsName, errors_of
from impact_pipeline.stats.discontinuity.kernels import KernelName
from impact_pipeline.stats.discontinuity.sides import sides_of
from impact_pipeline_tests.stats.discontinuity.drawn import (
    ERRORS,
    KERNELS,
    Draw,
    bandwidths_by_rdrobust,
    drawn,
    senate,
)

SAME_RULE = 1e-5
"""rdrobust standardises the score and adds 1e-8 to some distances; rounding of high powers does the rest."""


def assert_same(draw: Draw, recipe: Recipe, errors: Errors, oracle: dict[str, np.ndarray]) -> None:  # type: ignore[type-arg]
    rows = errors_of(draw.sides(fuzzy=recipe.fuzzy), errors)
    for rule, widths in oracle.items():
        found = select(rows, recipe, cast("Selector", rule))
        assert [*found.main, *found.bias] == pytest.approx(widths, rel=SAME_RULE), rule


@pytest.mark.parametrize(("kernel", "order"), list(product(KERNELS, (0, 1, 2, 3))))
def test_every_rule_agrees_with_rdrobust(kernel: KernelName, order: int) -> None:
    for draw in (senate(), drawn(step=0.01), drawn(step=1 / 8)):
        oracle = bandwidths_by_rdrobust(draw, p=order, q=order + 1, kernel=KERNELS[kernel])
        assert_same(draw, Recipe(order, order + 1, kernel), Errors(), oracle)


@pytest.mark.parametrize("errors", ERRORS)
def test_every_kind_of_errors_agrees_with_rdrobust(errors: ErrorsName) -> None:
    cluster = drawn().cluster if errors == "cluster_by_side" else None
    oracle = bandwidths_by_rdrobust(drawn(), vce=ERRORS[errors], cluster=cluster)
    assert_same(drawn(), Recipe(), Errors(errors), oracle)


def test_fuzzy_rules_agree_with_rdrobust() -> None:
    oracle = bandwidths_by_rdrobust(drawn(), fuzzy=drawn().treatment)
    assert_same(drawn(), Recipe(fuzzy=True), Errors(), oracle)


def test_rules_with_covariates_and_weights_agree_with_rdrobust() -> None:
    draw = drawn()
    weights = np.random.default_rng(5).uniform(0.2, 2, len(draw.score))
    oracle = bandwidths_by_rdrobust(draw, covs=draw.covariates.T, weights=weights)
    rows = errors_of(draw.sides(covariates=True, weights=weights))
    for rule in ("mserd", "msetwo"):
        found = select(rows, Recipe(), cast("Selector", rule))
        assert [*found.main, *found.bias] == pytest.approx(oracle[rule], rel=SAME_RULE)


def test_a_higher_bias_order_keeps_rdrobusts_bias_bandwidth() -> None:
    """Beyond order + 1 rdrobust 2.1.1 takes another pilot for h than the b that it reports; ours takes that b."""
    oracle = bandwidths_by_rdrobust(drawn(), p=1, q=3)["mserd"]
    found = select(errors_of(drawn().sides()), Recipe(1, 3), "mserd")
    assert found.bias == pytest.approx(oracle[2:], rel=SAME_RULE)
    assert found.main == pytest.approx(oracle[:2], rel=0.5)


def test_the_rule_finds_the_bandwidth_of_least_error() -> None:
    """Imbens, Kalyanaraman (2012): `3.4375 (2 s^2 / (f (m+'' - m-'')^2 n))^(1/5)` for a line and a triangular kernel.

    Here s = 0.5, f = 0.5 and m'' = 2 and -2.
    """
    n = 32_000
    rng = np.random.default_rng(0)
    found = []
    for _ in range(8):
        score = rng.uniform(-1, 1, n)
        outcome = np.sign(score) * score**2 + 0.5 * rng.normal(size=n)
        found.append(select(errors_of(sides_of(score, outcome[None])), Recipe(), "mserd").main[0])
    assert np.mean(found) == pytest.approx(3.4375 * (2 * 0.25 / (0.5 * 4**2 * n)) ** 0.2, rel=0.05)


def test_pilot_is_no_wider_than_the_score() -> None:
    sides = drawn().sides()
    assert pilot((sides.left, sides.right), "triangular") <= max(sides.left.reach, sides.right.reach)
