"""Four means against the means themselves and statsmodels, and every refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impact_pipeline.stats.difference_in_differences.average_effect import Errors
from impact_pipeline.stats.difference_in_differences.group_means import GroupMeans, group_means
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

CLOSE = 1e-9


def _sample(seed: int = 0, n: int = 200, clusters: int | None = None) -> CrossSection:
    rng = np.random.default_rng(seed)
    group, after = (rng.random(n) < 0.4) * 1.0, (rng.random(n) < 0.5) * 1.0
    age = rng.normal(size=n) + group
    outcome = rng.normal(size=n) + group + 0.5 * after + age + group * after
    cluster = None if clusters is None else rng.integers(clusters, size=n)
    return CrossSection(outcome, group, {"age": age}, after=after, cluster=cluster)


def _found(sample: CrossSection, errors: Errors = "auto") -> GroupMeans:
    found = group_means(sample, errors, 0.05, np.random.default_rng(0))
    assert isinstance(found, GroupMeans), found
    return found


def test_without_covariates_it_is_the_difference_of_changes() -> None:
    sample = replace(_sample(), covariates={})
    y, group, after = sample.outcome, sample.treatment, sample.after
    assert after is not None
    means = [y[(group == g) & (after == a)].mean() for g in (0, 1) for a in (0, 1)]
    found = _found(sample)
    assert found.means == pytest.approx(means, abs=CLOSE)
    assert found.inferred.value == pytest.approx((means[3] - means[2]) - (means[1] - means[0]), abs=CLOSE)
    assert sum(found.counts) == len(sample)


@pytest.mark.parametrize(
    ("errors", "clusters", "theirs"),
    [("classical", None, {}), ("HC1", None, {"cov_type": "HC1"}), ("CR1", 30, {"cov_type": "cluster"})],
)
def test_errors_are_those_of_statsmodels(errors: Errors, clusters: int | None, theirs: dict[str, Any]) -> None:
    import statsmodels.api as sm

    sample = _sample(clusters=clusters)
    assert sample.after is not None
    columns = [np.ones(len(sample)), sample.treatment, sample.after, sample.treatment * sample.after]
    x = np.column_stack([*columns, sample.covariates["age"]])
    kinds = {} if clusters is None else {"cov_kwds": {"groups": sample.cluster}}
    expected = sm.OLS(sample.outcome, x).fit(**theirs, **kinds)
    found = _found(sample, errors).inferred
    assert (found.value, found.std_error) == pytest.approx((expected.params[3], expected.bse[3]), abs=1e-8)


def test_auto_is_hc1_without_clusters_and_cr2_with_few() -> None:
    assert _found(_sample()).errors == "HC1"
    found = _found(_sample(clusters=12))
    assert found.errors == "CR2"
    assert found.inferred.degrees_of_freedom is not None
    assert found.inferred.degrees_of_freedom < 12


def test_wild_bootstrap_has_no_degrees_of_freedom() -> None:
    found = _found(_sample(clusters=12), "wild_bootstrap").inferred
    assert found.degrees_of_freedom is None
    assert found.lower < found.value < found.upper


SAMPLE = _sample()
GROUP = SAMPLE.treatment


@pytest.mark.parametrize(
    ("sample", "errors", "reason", "told"),
    [
        (replace(SAMPLE, after=None), "auto", "no_pre_period", "give 'after'"),
        (replace(SAMPLE, after=np.ones(200)), "auto", "no_pre_period", "0 rows are untreated before"),
        (replace(SAMPLE, treatment=np.zeros(200)), "auto", "no_pre_period", "0 rows are treated before"),
        (replace(SAMPLE, treatment=GROUP * SAMPLE.after), "auto", "no_pre_period", "treated before"),  # type: ignore[operator]
        (replace(SAMPLE, treatment=GROUP / 2), "auto", "measure_undefined", "treatment is 0 or 1"),
        (replace(SAMPLE, outcome=np.ones(200)), "auto", "zero_variance", "the outcome is 1 in every row"),
        (replace(SAMPLE, weights=np.zeros(200)), "auto", "measure_undefined", "weights are above 0"),
        (replace(SAMPLE, covariates={"g": 2 * GROUP}), "auto", "collinear", "'treated' is a combination"),
        (SAMPLE, "CR1", "too_few_clusters", "CR1 needs a cluster of each row"),
        (replace(SAMPLE, cluster=GROUP.astype(np.intp)), "auto", "too_few_clusters", "1 treated cluster of 2"),
        (
            replace(SAMPLE, covariates={"a": np.full(200, np.inf)}),
            "auto",
            "measure_undefined",
            "'a' has no finite value",
        ),
    ],
)
def test_group_means_refuses(sample: CrossSection, errors: Errors, reason: str, told: str) -> None:
    found = group_means(sample, errors, 0.05, np.random.default_rng(0))
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert told in found.detail


def test_interval_covers_the_planted_effect() -> None:
    covered = [found.lower <= 1 <= found.upper for found in (_found(_sample(seed)).inferred for seed in range(300))]
    assert 0.91 <= np.mean(covered) <= 0.99
