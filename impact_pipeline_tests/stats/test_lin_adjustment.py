from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from impact_pipeline.stats.inference import FixedHorizon
from impact_pipeline.stats.intervals import Difference, difference
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.lin_adjustment import ByArm, ancova, lin_adjusted
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.two_means import TwoMeans
from impact_pipeline_tests.stats.linear_models import read, refused, with_mean

SAME_FORMULA = 1e-10
"""Equal formulas in double arithmetic, by other decompositions."""
CONTROLS = ["age", "educ", "black", "hisp", "married", "nodegree", "re74", "re75"]


def arm_of(found: ByArm | Refusal, arm: str) -> TwoMeans:
    assert not isinstance(found, Refusal), found
    means = found[arm]
    assert isinstance(means, TwoMeans), means
    return means


def judged(means: TwoMeans) -> Difference:
    return difference(means, 0.05, 1.0, FixedHorizon())


def test_training_effect_of_the_nsw_experiment_with_eight_controls() -> None:
    """Dehejia, Wahba (1999), Table 3; Wooldridge's jtrain2: 1.676 (.639), in thousands of dollars."""
    rows = read("adj_nsw.csv")
    arms = np.where(rows["train"] == 1, "trained", "not")
    found = arm_of(ancova(rows["re78"], arms, "not", rows[CONTROLS], names=CONTROLS), "trained")
    assert found.change == pytest.approx(1.676, abs=5e-4)
    assert found.error()[0] == pytest.approx(0.639, abs=5e-4)
    assert found.error()[1] == pytest.approx(445 - 10)


def test_kindergarten_scores_of_the_star_experiment_by_class_type() -> None:
    """Stock, Watson, Introduction to Econometrics, Table 13.1, column K: 13.90 (2.45) and 0.31 (2.27), n = 5,786."""
    rows = read("abn_star_k.csv")
    found = ancova(rows["y"], rows["stark"], "regular", errors="HC1")
    assert len(rows) == 5786
    for arm, value, error in (("small", 13.90, 2.45), ("regular+aide", 0.31, 2.27)):
        means = arm_of(found, arm)
        assert means.change == pytest.approx(value, abs=5e-3)
        assert means.error()[0] == pytest.approx(error, abs=5e-3)


def drawn(rng: np.random.Generator, n: int = 300, effect: float = 0.5) -> tuple[Array, Array, Array]:
    """Outcome, arms 'a' (control), 'b', 'c' of unequal sizes, two covariates with slopes that differ between arms."""
    arms = rng.choice(["a", "b", "c"], size=n, p=[0.5, 0.2, 0.3])
    x = rng.normal([3.0, -1.0], 1.0, size=(n, 2))
    slope = np.where(arms == "a", 1.0, 2.5)
    return effect * (arms == "b") + slope * (x[:, 0] - 3) + 0.3 * x[:, 1] + rng.normal(size=n), arms, x


@pytest.mark.parametrize("seed", range(3))
def test_lin_equals_the_interacted_regression_with_hc2(seed: int) -> None:
    y, arms, x = drawn(np.random.default_rng(seed))
    centred = x - x.mean(axis=0)
    treated = np.column_stack([arms == "b", arms == "c"]).astype(float)
    products = np.column_stack([treated[:, [i]] * centred for i in (0, 1)])
    peer = sm.OLS(y, with_mean(treated, centred, products)).fit(cov_type="HC2")
    found = lin_adjusted(y, arms, "a", x)
    for column, arm in ((1, "b"), (2, "c")):
        means = arm_of(found, arm)
        assert means.change == pytest.approx(peer.params[column], rel=SAME_FORMULA)
        assert means.error()[0] == pytest.approx(peer.bse[column], rel=SAME_FORMULA)
        assert means.control == pytest.approx(peer.params[0], rel=SAME_FORMULA)


@pytest.mark.parametrize("errors", ["HC1", "HC2", "HC3"])
def test_ancova_equals_the_regression_with_common_slopes(errors: str) -> None:
    y, arms, x = drawn(np.random.default_rng(9))
    peer = sm.OLS(y, with_mean(arms == "b", arms == "c", x)).fit(cov_type=errors)
    found = ancova(y, arms, "a", x, errors=errors)  # type: ignore[arg-type]
    for column, arm in ((1, "b"), (2, "c")):
        means = arm_of(found, arm)
        assert (means.change, means.error()[0]) == pytest.approx(
            (peer.params[column], peer.bse[column]), rel=SAME_FORMULA
        )


def test_without_covariates_lin_is_welch() -> None:
    y, arms, _ = drawn(np.random.default_rng(2))
    found = judged(arm_of(lin_adjusted(y, arms, "a", np.zeros((len(y), 0))), "b"))
    reference = stats.ttest_ind(y[arms == "b"], y[arms == "a"], equal_var=False)
    assert found.p_value == pytest.approx(reference.pvalue, rel=1e-10)
    assert found.degrees_of_freedom == pytest.approx(reference.df, rel=1e-10)


def test_adjusted_means_are_those_at_the_covariates_mean_over_all_units() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0, 2.0, 3.0, 4.0, 5.0])
    noise = np.array([0.1, -0.1, -0.1, 0.1])
    y = np.concatenate([1 + x[:4] + noise, 5 + x[4:] + noise])
    means = arm_of(lin_adjusted(y, list("ccccdddd"), "c", x), "d")
    assert (means.control, means.treatment) == pytest.approx((3.5, 7.5))


def rates(reps: int, *, sampled: bool) -> tuple[float, float]:
    """Coverage of the effect among these units' population, and mean error over true spread."""
    rng = np.random.default_rng(12)
    hits, errors, values = 0, [], []
    for _ in range(reps):
        y, arms, x = drawn(rng, 200)
        found = judged(arm_of(lin_adjusted(y, arms, "a", x, sampled=sampled), "b"))
        hits += bool(found.lower <= 0.5 <= found.upper)
        errors.append(found.std_error)
        values.append(found.value)
    return hits / reps, float(np.mean(errors) / np.std(values))


def test_coverage_where_units_are_a_sample_and_slopes_differ() -> None:
    """600 trials: three standard errors are .027. Without the term for the covariates' mean intervals are too short."""
    coverage, ratio = rates(600, sampled=True)
    assert abs(coverage - 0.95) < 0.027
    assert ratio == pytest.approx(1, abs=0.08)
    assert rates(600, sampled=False)[1] < ratio


def test_lin_never_loses_where_arms_are_unequal_and_slopes_differ() -> None:
    """Freedman (2008): common slopes may be worse than no adjustment; slopes by arm are not."""
    rng = np.random.default_rng(3)
    spread: dict[str, list[float]] = {"plain": [], "common": [], "by arm": []}
    for _ in range(300):
        x = rng.normal(size=400)
        arms = np.where(rng.random(400) < 0.15, "t", "c")
        y = np.where(arms == "t", 3.0, -1.0) * x + 0.5 * rng.normal(size=400)
        spread["plain"].append(arm_of(ancova(y, arms, "c"), "t").change)
        spread["common"].append(arm_of(ancova(y, arms, "c", x), "t").change)
        spread["by arm"].append(arm_of(lin_adjusted(y, arms, "c", x), "t").change)
    variances = {name: np.var(values) for name, values in spread.items()}
    assert variances["by arm"] < 0.5 * variances["plain"] < variances["common"]


def test_a_missing_control_is_refused() -> None:
    for found in (ancova([1.0, 2.0], ["b", "c"], "a"), lin_adjusted([1.0, 2.0], ["b", "c"], "a", [1.0, 2.0])):
        assert refused(found).reason == "empty_arm"
        assert refused(found).detail == "a comparison needs the control 'a' and another arm, found 'b', 'c'"


def test_an_arm_with_too_few_units_is_refused_and_the_others_are_not() -> None:
    y, arms, x = drawn(np.random.default_rng(2), 60)
    arms = np.where(np.arange(60) < 2, "d", arms)
    found = lin_adjusted(y, arms, "a", x)
    assert not isinstance(found, Refusal)
    assert (refused(found["d"]).reason, refused(found["d"]).detail) == (
        "too_few_units",
        "in arm 'd': 2 rows cannot tell 3 coefficients and an error",
    )
    assert isinstance(found["b"], TwoMeans)


def test_a_control_with_too_few_units_refuses_all() -> None:
    found = lin_adjusted([1.0, 2.0, 4.0, 3.0, 7.0], list("cctta"), "a", [1.0, 2.0, 5.0, 1.0, 2.0])
    assert refused(found).detail.startswith("in arm 'a': ")


def test_a_covariate_that_never_varies_is_refused_by_name() -> None:
    y, arms, x = drawn(np.random.default_rng(2), 60)
    found = lin_adjusted(y, arms, "a", np.column_stack([x, np.full(60, 3.0)]), names=["age", "spend", "country"])
    assert refused(found).reason == "collinear"
    assert "'country'" in refused(found).detail
    assert refused(ancova(y, arms, "a", np.full(60, 3.0), names=["country"])).reason == "collinear"


def test_a_unit_that_alone_has_a_value_leaves_lin_without_an_error() -> None:
    y, arms, _ = drawn(np.random.default_rng(2), 60)
    once = np.zeros(60)
    once[np.flatnonzero(arms == "a")[0]] = 1.0
    found = refused(lin_adjusted(y, arms, "a", once))
    assert found.reason == "too_few_units"
    assert "alone determines a coefficient" in found.detail


def test_classical_errors_of_hc3_are_refused_alike() -> None:
    y, arms, _ = drawn(np.random.default_rng(2), 60)
    once = np.zeros(60)
    once[0] = 1.0
    assert refused(ancova(y, arms, "a", once, errors="HC3")).reason == "too_few_units"


def test_an_arm_whose_outcome_is_constant_is_refused() -> None:
    found = lin_adjusted([1.0, 1.0, 1.0, 1.0, 3.0, 7.0], list("ccctta"), "c", np.zeros((6, 0)))
    assert refused(found).detail == "in arm 'c': the outcome does not vary beyond what the columns determine"
