from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from linearmodels.iv import IV2SLS, IVLIML

from impact_pipeline.stats.instruments.instrumented import Errors, Instrumented, instrumented
from impact_pipeline.stats.instruments.k_class import KClass, k_class, liml, two_stage_least_squares
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.instruments.drawn import Draw, card, drawn, mroz

SAME_FORMULA = 1e-8
"""Equal formulas; linearmodels inverts by singular values."""
PRINTED = 5e-5
"""Four printed digits."""


def number(found: KClass | Refusal) -> KClass:
    assert isinstance(found, KClass), found
    return found


def test_wages_and_a_college_nearby() -> None:
    """Card (1995); Wooldridge, Introductory Econometrics, Table 15.1: OLS .0747 (.0035), 2SLS .1315 (.0550)."""
    rows = card("nearc4")
    plain, found = number(k_class(rows, 0.0)), number(two_stage_least_squares(rows))
    assert (plain.value, plain.std_error) == pytest.approx((0.0747, 0.0035), abs=PRINTED)
    assert (found.value, found.std_error) == pytest.approx((0.1315, 0.0550), abs=PRINTED)
    assert found.degrees_of_freedom == 3010 - 16
    two = card("nearc4", "nearc2")
    assert number(two_stage_least_squares(two)).value == pytest.approx(0.1571, abs=PRINTED)
    assert number(two_stage_least_squares(two)).std_error == pytest.approx(0.0526, abs=PRINTED)
    assert number(liml(two)).value == pytest.approx(0.1640, abs=PRINTED)


def test_wages_and_parents_schooling() -> None:
    """Wooldridge, Example 15.5: .0614 (.0314)."""
    found = number(two_stage_least_squares(mroz()))
    assert (found.value, found.std_error) == pytest.approx((0.0614, 0.0314), abs=PRINTED)


def oracle(model: Any, draw: Draw, errors: Errors, weights: np.ndarray | None = None) -> tuple[float, float]:
    fitted = model(draw.outcome, draw.exogenous, draw.treatment, draw.excluded, weights=weights)
    options: dict[str, Any] = {"classical": {"cov_type": "unadjusted"}, "HC1": {"cov_type": "robust"}}.get(
        errors, {"cov_type": "clustered", "clusters": draw.cluster}
    )
    found = fitted.fit(debiased=True, **options)
    return float(found.params.iloc[-1]), float(found.std_errors.iloc[-1])


@pytest.mark.parametrize("errors", ["classical", "HC1", "cluster"])
@pytest.mark.parametrize("instruments", [1, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_estimates_and_errors_are_those_of_linearmodels(errors: Errors, instruments: int, weighted: bool) -> None:
    draw = drawn(7, instruments=instruments)
    weights = np.random.default_rng(8).uniform(0.5, 2, size=400) if weighted else None
    rows = draw.rows(errors, weights=weights)
    for ours, model in ((two_stage_least_squares, IV2SLS), (liml, IVLIML)):
        found = number(ours(rows))
        value, error = oracle(model, draw, errors, weights)
        assert found.value == pytest.approx(value, rel=SAME_FORMULA)
        assert found.std_error == pytest.approx(error, rel=SAME_FORMULA)


def test_degrees_of_freedom_are_those_of_rows_or_clusters() -> None:
    draw = drawn(9)
    assert number(two_stage_least_squares(draw.rows("HC1"))).degrees_of_freedom == 400 - 4
    assert number(two_stage_least_squares(draw.rows("cluster"))).degrees_of_freedom == 24


def test_an_instrument_that_moves_nothing_is_refused() -> None:
    rows = instrumented(np.array([1.0, 2, 3, 5]), np.array([0.0, 1, 0, 1]), {"z": np.array([0.0, 0, 1, 1])}, {})
    assert isinstance(rows, Instrumented)
    found = two_stage_least_squares(rows)
    assert isinstance(found, Refusal)
    assert found.reason == "not_identified"


def test_an_outcome_that_the_treatment_determines_is_refused() -> None:
    z, d = np.random.default_rng(1).normal(size=(2, 50))
    rows = instrumented(3 * (d + z), d + z, {"z": z}, {})
    assert isinstance(rows, Instrumented)
    found = two_stage_least_squares(rows)
    assert isinstance(found, Refusal)
    assert found.reason == "zero_variance"


@pytest.mark.slow
def test_liml_is_less_biased_than_two_stages_with_many_weak_instruments() -> None:
    rows = [drawn(seed, instruments=20, strength=0.06).rows("HC1") for seed in range(300)]
    bias = [abs(np.median([number(one(own)).value for own in rows]) - 0.5) for one in (liml, two_stage_least_squares)]
    assert bias[0] < 0.5 * bias[1]
