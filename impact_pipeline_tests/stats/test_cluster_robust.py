from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.panel import PooledOLS
from scipy.linalg import block_diag, pinvh, sqrtm

from impact_pipeline.stats import least_squares as by_row
from impact_pipeline.stats.cluster_robust import (
    ClusteredFit,
    CovarianceName,
    clustered,
    covariance,
    rests_on_one_cluster,
    satterthwaite,
)
from impact_pipeline.stats.least_squares import Array, Fit
from impact_pipeline_tests.stats.linear_models import (
    cluster_trial,
    dummies,
    fitted,
    petersen,
    refused,
    waves,
    with_mean,
)

REPRODUCED = 1e-9
"""Fifteen printed digits of another implementation, whose own rounding this covers."""
SAME_FORMULA = 1e-10
"""Equal formulas in double arithmetic, by other decompositions."""
BY_HAND = 1e-7
"""Square roots of n x n matrices lose digits."""


def by_cluster(fit: Fit, labels: object) -> ClusteredFit:
    found = clustered(fit, np.asarray(labels))
    assert isinstance(found, ClusteredFit), found
    return found


def test_errors_of_petersen_are_those_he_prints() -> None:
    """Petersen (2009), Review of Financial Studies 22: test data page. OLS .0286, by firm .0506, by year .0334."""
    rows, fit = petersen()
    assert fit.coefficients[1] == pytest.approx(1.0348, abs=5e-5)
    classical = by_row.covariance(fit, "classical")
    assert isinstance(classical, np.ndarray)
    assert classical[1, 1] ** 0.5 == pytest.approx(0.0286, abs=5e-5)
    for name, printed in (("firm", 0.0506), ("year", 0.0334)):
        found = covariance(by_cluster(fit, rows[name]), "CR1")[1, 1] ** 0.5
        assert found == pytest.approx(printed, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "by", "expected"),
    [
        ("CR0", "firm", (4.48082452859036e-03, -6.45927720352000e-05, 2.55429655590391e-03)),
        ("CR1", "firm", (4.49070245701952e-03, -6.47351660912795e-05, 2.55992747773187e-03)),
        ("CR2", "firm", (4.49448725705320e-03, -6.59291186924330e-05, 2.56823604178554e-03)),
        ("CR3", "firm", (4.50820229378773e-03, -6.72808361157931e-05, 2.58226243203391e-03)),
        ("CR2", "year", (5.47223757001683e-04, 2.61838802647791e-05, 1.11529829402038e-03)),
        ("CR3", "year", (6.08492216673729e-04, 3.06864420612724e-05, 1.24004021399192e-03)),
    ],
)
def test_covariance_of_petersen_equals_that_of_club_sandwich(
    name: CovarianceName, by: str, expected: tuple[float, float, float]
) -> None:
    """R 4.2, clubSandwich 0.5.8 (CR1 there: CR1S); by firm CR0 to CR3 also stand in the tests of R's sandwich 2.5."""
    rows, fit = petersen()
    found = covariance(by_cluster(fit, rows[by]), name)
    assert (found[0, 0], found[0, 1], found[1, 1]) == pytest.approx(expected, rel=1e-8)


def test_degrees_of_freedom_of_petersen_equal_those_of_club_sandwich() -> None:
    rows, fit = petersen()
    for by, expected in (
        ("firm", (498.669996884542, 308.756381318950)),
        ("year", (9.00000665230777, 8.98943607815992)),
    ):
        found = by_cluster(fit, rows[by])
        assert [satterthwaite(found, unit) for unit in np.eye(2)] == pytest.approx(expected, rel=REPRODUCED)


@pytest.mark.parametrize(
    ("periods", "error", "degrees"),
    [(False, 0.212711700372054, 10.2727863684384), (True, 0.196755183696417, 10.2961419680792)],
)
def test_effects_of_the_clusters_themselves_leave_cr2_as_club_sandwich_has_it(
    periods: bool, error: float, degrees: float
) -> None:
    """The first 12 firms with effects of firms (and of years): `I - H_gg` is singular."""
    rows = petersen()[0]
    rows = rows[rows["firm"] <= 12]
    effects = [dummies(rows["firm"]), *([dummies(rows["year"])] if periods else [])]
    fit = fitted(np.column_stack([with_mean(rows["x"]), *effects]), rows["y"])
    found, slope = by_cluster(fit, rows["firm"]), np.eye(fit.k)[1]
    assert covariance(found, "CR2")[1, 1] ** 0.5 == pytest.approx(error, rel=REPRODUCED)
    assert satterthwaite(found, slope) == pytest.approx(degrees, rel=REPRODUCED)
    assert not rests_on_one_cluster(found, slope).any()
    assert rests_on_one_cluster(found, np.eye(fit.k)[2]).any()


def unequal() -> tuple[Array, Array, Array]:
    """Sixty rows of Petersen's panel in 12 clusters of 2 to 8; every third cluster is treated."""
    rows = petersen()[0]
    rows = rows[(rows["firm"] <= 12) & (rows["year"] <= 2 + rows["firm"] % 7)]
    firm = rows["firm"].to_numpy()
    return with_mean(firm % 3 == 0, rows["x"]), rows["y"].to_numpy(), firm


@pytest.mark.parametrize(
    ("weighted", "errors", "degrees"),
    [
        (
            False,
            (0.623855181749867, 0.734425404343733, 0.358019464433722),
            (5.43032922646292, 6.27852362552389, 7.85373860449439),
        ),
        (
            True,
            (0.561737233340527, 0.659138672033472, 0.295105830629879),
            (5.74147713696034, 6.95197595459511, 8.36010824483811),
        ),
    ],
)
def test_unequal_clusters_give_the_errors_and_degrees_of_freedom_of_club_sandwich(
    weighted: bool, errors: tuple[float, ...], degrees: tuple[float, ...]
) -> None:
    """R 4.2, clubSandwich 0.5.8; with weights `inverse_var = TRUE` (weights that are equal within clusters)."""
    x, y, firm = unequal()
    found = by_cluster(fitted(x, y, weights=1 + firm % 4 if weighted else None), firm)
    assert np.sqrt(np.diag(covariance(found, "CR2"))) == pytest.approx(errors, rel=REPRODUCED)
    assert [satterthwaite(found, unit) for unit in np.eye(3)] == pytest.approx(degrees, rel=REPRODUCED)


def test_three_clusters_give_the_errors_of_stata_and_of_club_sandwich() -> None:
    """Stata's `regress, cluster` as printed in the tests of R's dfadjust; clubSandwich 0.5.8."""
    fit, labels = waves()
    found = by_cluster(fit, labels)
    assert np.sqrt(np.diag(covariance(found, "CR1"))) == pytest.approx((0.4827602183, 0.1814501834), rel=1e-9)
    cr2 = np.sqrt(np.diag(covariance(found, "CR2")))
    assert cr2 == pytest.approx((0.480197186468647, 0.215674776869714), rel=REPRODUCED)
    degrees = [satterthwaite(found, unit) for unit in np.eye(2)]
    assert degrees == pytest.approx((1.99884718317379, 1.79737032512114), rel=REPRODUCED)


def direct(x: Array, y: Array, labels: Array, contrast: Array) -> tuple[float, float]:
    """CR2's variance of a combination and its degrees of freedom, from n x n matrices as the papers write them."""
    order = np.argsort(labels, kind="stable")
    x, y, labels = x[order], y[order], labels[order]
    bread = np.linalg.inv(x.T @ x)
    residual_maker = np.eye(len(y)) - x @ bread @ x.T
    blocks = [residual_maker[np.ix_(labels == label, labels == label)] for label in np.unique(labels)]
    adjustment = block_diag(*(np.real(sqrtm(pinvh(block, rtol=1e-9))) for block in blocks))
    indicators = (labels[:, None] == np.unique(labels)).astype(float)
    spread = residual_maker @ adjustment @ (indicators * (x @ bread @ contrast)[:, None])
    inner = spread.T @ spread
    return float(np.sum((spread.T @ y) ** 2)), float(np.trace(inner) ** 2 / np.trace(inner @ inner))


@pytest.mark.parametrize("seed", range(5))
def test_cr2_and_its_degrees_of_freedom_equal_the_formula_written_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(7), rng.integers(2, 9, 7)))
    x = with_mean(labels % 2, rng.normal(size=len(labels)), rng.normal(size=len(labels)))
    y, contrast = rng.normal(size=len(labels)), rng.normal(size=4)
    found = by_cluster(fitted(x, y), labels)
    variance, degrees = direct(x, y, labels, contrast)
    assert contrast @ covariance(found, "CR2") @ contrast == pytest.approx(variance, rel=BY_HAND)
    assert satterthwaite(found, contrast) == pytest.approx(degrees, rel=BY_HAND)


def test_cr3_is_the_jackknife_over_clusters() -> None:
    x, y, firm = unequal()
    whole = fitted(x, y)
    left_out = [
        fitted(x[firm != label], y[firm != label]).coefficients - whole.coefficients for label in np.unique(firm)
    ]
    jackknife = sum(np.outer(change, change) for change in left_out)
    assert covariance(by_cluster(whole, firm), "CR3") == pytest.approx(jackknife, rel=SAME_FORMULA)


@pytest.mark.parametrize(("name", "alone"), [("CR0", "HC0"), ("CR1", "HC1"), ("CR2", "HC2"), ("CR3", "HC3")])
def test_clusters_of_one_row_give_the_covariance_by_row(name: CovarianceName, alone: by_row.CovarianceName) -> None:
    rng = np.random.default_rng(1)
    fit = fitted(with_mean(rng.normal(size=40)), rng.normal(size=40))
    expected = by_row.covariance(fit, alone)
    assert covariance(by_cluster(fit, rng.permutation(40)), name) == pytest.approx(expected, rel=SAME_FORMULA)


def test_cr1_equals_statsmodels_and_linearmodels() -> None:
    rng = np.random.default_rng(8)
    trial = cluster_trial(rng, 9)
    x = with_mean(trial.treated, rng.normal(size=len(trial.outcome)))
    found = covariance(by_cluster(fitted(x, trial.outcome), trial.clusters), "CR1")
    peer = sm.OLS(trial.outcome, x).fit(cov_type="cluster", cov_kwds={"groups": trial.clusters})
    assert found == pytest.approx(peer.cov_params(), rel=SAME_FORMULA)
    index = pd.MultiIndex.from_arrays([trial.clusters, np.arange(len(trial.clusters))])
    frame = pd.DataFrame(x, index=index, columns=["mean", "treated", "age"])
    model = PooledOLS(pd.DataFrame({"y": trial.outcome}, index=index), frame)
    other = model.fit(cov_type="clustered", cluster_entity=True, group_debias=True)
    assert found == pytest.approx(other.cov.to_numpy(), rel=1e-8)


def test_cr2_is_unbiased_where_errors_are_independent_and_equal() -> None:
    """Bell, McCaffrey (2002): each drawn variance averages to `(x'x)^-1`; CR0 falls short by a quarter here."""
    rng = np.random.default_rng(6)
    labels = np.repeat(np.arange(6), [2, 4, 6, 8, 10, 12])
    x = with_mean(labels % 2)
    draws = [by_cluster(fitted(x, rng.normal(size=42)), labels) for _ in range(2000)]
    mean = {name: np.mean([covariance(one, name)[1, 1] for one in draws]) for name in ("CR0", "CR2")}
    expected = np.linalg.inv(x.T @ x)[1, 1]
    assert mean["CR2"] == pytest.approx(expected, rel=0.06)
    assert mean["CR0"] < 0.85 * expected


def test_the_only_cluster_of_an_arm_is_found() -> None:
    labels = np.repeat(np.arange(4), 5)
    fit = fitted(with_mean(labels == 2), np.arange(20.0) ** 2 % 7)
    assert rests_on_one_cluster(by_cluster(fit, labels), [0.0, 1.0]).tolist() == [False, False, True, False]


def test_one_cluster_is_refused() -> None:
    fit, _ = waves()
    found = refused(clustered(fit, np.zeros(20)))
    assert found.reason == "too_few_clusters"
    assert found.detail == "all 20 rows belong to one cluster; errors need at least two"


def test_labels_must_match_the_rows() -> None:
    with pytest.raises(ValueError, match="20 rows need as many cluster labels"):
        clustered(waves()[0], np.zeros(19))
