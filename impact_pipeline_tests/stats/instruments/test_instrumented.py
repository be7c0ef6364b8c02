from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impact_pipeline.stats.instruments.instrumented import instrumented
from impact_pipeline.stats.instruments.k_class import KClass, two_stage_least_squares
from impact_pipeline.stats.refusal import Refusal, RefusalReason
from impact_pipeline_tests.stats.instruments.drawn import drawn

ROUNDING = 1e-12
N = 40


def test_basis_is_orthonormal_and_free_of_covariates() -> None:
    draw = drawn(1)
    rows = draw.rows("HC1")
    assert rows.basis @ rows.basis.T == pytest.approx(np.eye(3), abs=ROUNDING)
    assert np.abs(rows.basis @ draw.exogenous).max() < 1e-9
    assert np.abs(rows.outcome @ draw.exogenous).max() < 1e-8


def test_only_some_instruments_are_those_rows_with_no_others() -> None:
    draw = drawn(2)
    alone = replace(draw, instruments={"z2": draw.instruments["z2"], "z0": draw.instruments["z0"]}).rows("HC1")
    found, expected = two_stage_least_squares(draw.rows("HC1").only(("z2", "z0"))), two_stage_least_squares(alone)
    assert isinstance(found, KClass)
    assert isinstance(expected, KClass)
    assert (found.value, found.std_error) == pytest.approx((expected.value, expected.std_error), rel=1e-10)


def test_rows_are_the_same_bits_on_repeat() -> None:
    first, second = drawn(3).rows("cluster"), drawn(3).rows("cluster")
    assert first.basis.tobytes() == second.basis.tobytes()


def test_order_of_rows_does_not_matter() -> None:
    draw = drawn(4)
    order = np.random.default_rng(0).permutation(len(draw.outcome))
    turned = replace(
        draw, outcome=draw.outcome[order], treatment=draw.treatment[order], cluster=draw.cluster[order],
        instruments={name: own[order] for name, own in draw.instruments.items()},
        covariates={name: own[order] for name, own in draw.covariates.items()},
    )  # fmt: skip
    found, expected = (two_stage_least_squares(one.rows("cluster")) for one in (turned, draw))
    assert isinstance(found, KClass)
    assert isinstance(expected, KClass)
    assert (found.value, found.std_error) == pytest.approx((expected.value, expected.std_error), rel=1e-10)


def asked(**changed: Any) -> Refusal:
    rng = np.random.default_rng(5)
    z, x, d = rng.normal(size=(3, N))
    fields: dict[str, Any] = {
        "outcome": d + x, "treatment": d + z, "instruments": {"z": z}, "covariates": {"x": x}, **changed
    }  # fmt: skip
    found = instrumented(**fields)
    assert isinstance(found, Refusal), found
    return found


ONES = np.ones(N)
LINE = np.arange(float(N))


@pytest.mark.parametrize(
    ("changed", "reason", "told"),
    [
        ({"instruments": {}}, "not_identified", "name at least one under `instruments`"),
        ({"outcome": ONES}, "zero_variance", "the outcome is the same in all rows"),
        ({"outcome": ONES * 0.1}, "zero_variance", "the outcome is the same in all rows"),
        ({"treatment": ONES}, "zero_variance", "the treatment is the same in all rows"),
        ({"outcome": LINE, "covariates": {"x": LINE}}, "zero_variance", "covariates determine the outcome"),
        ({"treatment": LINE, "covariates": {"x": LINE}}, "collinear", "covariates determine the treatment"),
        ({"instruments": {"z": LINE, "w": 2 * LINE}}, "collinear", "instrument 'w' is determined"),
        ({"instruments": {"z": LINE}, "covariates": {"x": LINE}}, "collinear", "instrument 'z' is determined"),
        ({"instruments": {"z": ONES}}, "collinear", "instrument 'z' is determined"),
        ({"covariates": {"x": ONES}}, "collinear", "covariate 'x' does not vary"),
        ({"outcome": np.where(LINE < 2, np.nan, LINE)}, "measure_undefined", "no finite value in 2 of 40 rows"),
        ({"errors": "cluster"}, "too_few_clusters", "none is named"),
        ({"errors": "cluster", "cluster": np.zeros(N, dtype=np.intp)}, "too_few_clusters", "all 40 rows belong to one"),
        ({"covariates": {f"x{j}": LINE**j for j in range(1, N)}}, "too_few_units", "40 rows cannot tell"),
    ],
)
def test_rows_that_tell_nothing_are_refused(changed: dict[str, Any], reason: RefusalReason, told: str) -> None:
    found = asked(**changed)
    assert found.reason == reason
    assert told in found.detail
