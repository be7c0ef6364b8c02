from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.datasets import longley

from impact_pipeline.stats.least_squares import CovarianceName, covariance, least_squares
from impact_pipeline_tests.stats.linear_models import fitted, refused, waves, with_mean

SAME_FORMULA = 1e-10
"""Equal formulas in double arithmetic, by other decompositions."""
PRINTED = 1e-9
"""Reference prints ten digits."""

NAMES: tuple[CovarianceName, ...] = ("classical", "HC0", "HC1", "HC2", "HC3")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_covariance_equals_that_of_statsmodels(name: CovarianceName, weighted: bool) -> None:
    rng = np.random.default_rng(4)
    x = with_mean(rng.normal(size=90), rng.integers(2, size=90), rng.gamma(1, 40, size=90))
    y = x @ [1.0, 2.0, -1.0, 0.1] + rng.normal(size=90) * (1 + x[:, 2])
    weights = rng.uniform(0.2, 5, size=90) if weighted else np.ones(90)
    fit = fitted(x, y, weights=weights)
    peer = sm.WLS(y, x, weights=weights).fit(cov_type="nonrobust" if name == "classical" else name)
    assert fit.coefficients == pytest.approx(peer.params, rel=SAME_FORMULA)
    assert covariance(fit, name) == pytest.approx(peer.cov_params(), rel=SAME_FORMULA)


def test_longley_gives_the_certified_values_of_nist() -> None:
    data = longley.load_pandas().data
    fit = fitted(
        with_mean(*(data[name] for name in ("GNPDEFL", "GNP", "UNEMP", "ARMED", "POP", "YEAR"))), data["TOTEMP"]
    )
    certified = (
        -3482258.63459582, 15.0618722713733, -0.358191792925910e-01, -2.02022980381683, -1.03322686717359,
        -0.511041056535807e-01, 1829.15146461355,
    )  # fmt: skip
    errors = (
        890420.383607373, 84.9149257747669, 0.334910077722432e-01, 0.488399681651699, 0.214274163161675,
        0.226073200069370, 455.478499142212,
    )  # fmt: skip
    assert fit.coefficients == pytest.approx(certified, rel=1e-9)
    spread = covariance(fit, "classical")
    assert isinstance(spread, np.ndarray)
    assert np.sqrt(np.diag(spread)) == pytest.approx(errors, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HC0", (0.405854062948006, 0.416676499823597)),
        ("HC1", (0.4278077455, 0.4392155956)),
        ("HC2", (0.4227339762, 0.4421048122)),
        ("HC3", (0.440599483824586, 0.469519774033307)),
    ],
)
def test_errors_equal_those_of_stata_and_of_the_sandwich_package(
    name: CovarianceName, expected: tuple[float, ...]
) -> None:
    """HC1, HC2: Stata, as printed in the tests of R's dfadjust; HC0, HC3: R 4.2, sandwich 3.0-2."""
    spread = covariance(waves()[0], name)
    assert isinstance(spread, np.ndarray)
    assert np.sqrt(np.diag(spread)) == pytest.approx(expected, rel=PRINTED)


def test_two_arms_give_hc2_the_variance_of_welch() -> None:
    rng = np.random.default_rng(0)
    treated, control = rng.normal(size=12), 3 * rng.normal(size=30)
    arms = np.column_stack([np.repeat([1.0, 0.0], [12, 30]), np.repeat([0.0, 1.0], [12, 30])])
    spread = covariance(fitted(arms, np.concatenate([treated, control])), "HC2")
    assert np.diag(spread) == pytest.approx([treated.var(ddof=1) / 12, control.var(ddof=1) / 30], rel=1e-12)


def test_residuals_are_orthogonal_to_the_columns_and_leverages_add_up_to_their_number() -> None:
    rng = np.random.default_rng(2)
    x = with_mean(rng.normal(size=50) + 1e4, rng.normal(size=50))
    fit = fitted(x, rng.normal(size=50))
    assert np.abs(fit.basis.T @ fit.residuals).max() < 1e-12
    assert fit.leverages.sum() == pytest.approx(3, abs=1e-12)
    assert fit.basis.T @ fit.basis == pytest.approx(np.eye(3), abs=1e-14)


def test_a_column_that_others_determine_is_refused_by_its_name() -> None:
    x = with_mean(np.arange(6.0), 3 * np.arange(6.0) - 7)
    found = refused(least_squares(x, np.arange(6.0) ** 2, names=("mean", "age", "born")))
    assert found.reason == "collinear"
    assert found.detail == "'born' is a combination of the columns before it: leave it out"


def test_a_column_without_variation_is_refused_beside_a_mean() -> None:
    found = refused(least_squares(with_mean(np.full(5, 7.0)), np.arange(5.0), names=("mean", "age")))
    assert found.reason == "collinear"
    assert "'age'" in found.detail


def test_nearly_equal_columns_are_told_apart() -> None:
    rng = np.random.default_rng(3)
    x, gap = rng.normal(size=(2, 200))
    y = x + rng.normal(size=200)
    near, apart = fitted(with_mean(x, x + 1e-6 * gap), y), fitted(with_mean(x, gap), y)
    assert 1e-6 * near.coefficients[2] == pytest.approx(apart.coefficients[2], rel=1e-6)
    assert near.coefficients[1] + near.coefficients[2] == pytest.approx(apart.coefficients[1], rel=1e-6)


def test_an_outcome_that_the_columns_fit_exactly_has_no_variance() -> None:
    found = refused(least_squares(with_mean(np.arange(5.0)), 2 + 3 * np.arange(5.0)))
    assert (found.reason, found.detail) == (
        "zero_variance",
        "the outcome does not vary beyond what the columns determine",
    )


def test_a_constant_outcome_is_refused() -> None:
    assert refused(least_squares(np.ones((4, 1)), np.full(4, 0.1))).reason == "zero_variance"


def test_values_that_are_not_finite_are_refused_with_their_number() -> None:
    x = with_mean(np.array([0.0, np.nan, 2.0, np.inf]))
    found = refused(least_squares(x, np.arange(4.0), names=("mean", "age")))
    assert (found.reason, found.detail) == ("measure_undefined", "'age' has no finite value in 2 of 4 rows")


def test_too_few_rows_are_refused() -> None:
    found = refused(least_squares(np.eye(2), [1.0, 2.0]))
    assert (found.reason, found.detail) == ("too_few_units", "2 rows cannot tell 2 coefficients and an error")


@pytest.mark.parametrize("name", ["HC2", "HC3"])
def test_a_row_that_alone_determines_a_coefficient_leaves_no_error(name: CovarianceName) -> None:
    fit = fitted(with_mean(np.array([0.0, 0.0, 1.0, 0.0])), np.array([1.0, 2.0, 9.0, 4.0]))
    found = refused(covariance(fit, name))
    assert found.reason == "too_few_units"
    assert found.detail == f"row 2 alone determines a coefficient; {name} needs two rows for each"


def test_weights_not_above_zero_are_an_error() -> None:
    with pytest.raises(ValueError, match="weights are above 0"):
        least_squares(np.ones((3, 1)), [1.0, 2.0, 4.0], weights=[1.0, 0.0, 1.0])


def test_shapes_that_do_not_fit_are_an_error() -> None:
    with pytest.raises(ValueError, match="3 outcomes and 1 names do not fit columns of shape"):
        least_squares(np.ones((4, 1)), [1.0, 2.0, 4.0])


BITS = """
import numpy as np
from impact_pipeline.stats.cluster_robust import clustered, covariance
from impact_pipeline.stats.least_squares import least_squares
rng = np.random.default_rng(0)
fit = least_squares(np.column_stack([np.ones(20_000), rng.normal(size=(20_000, 12))]), rng.normal(size=20_000))
found = covariance(clustered(fit, rng.integers(30, size=20_000)), "CR2")
print(fit.coefficients.tobytes().hex(), found.tobytes().hex())
"""


def test_the_same_rows_give_the_same_bits_with_one_thread_and_with_two() -> None:
    printed = {_printed(BITS, threads) for threads in ("1", "2", "2")}
    assert len(printed) == 1


def _printed(code: str, threads: str) -> str:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout
