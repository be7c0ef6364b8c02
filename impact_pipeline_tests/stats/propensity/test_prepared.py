"""What is made ready once: trimming, models, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.stats.propensity.potential_means import PotentialMeans
from impact_pipeline.stats.propensity.prepared import Prepared, prepared
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen

SAMPLE = chosen(400, 1)


def _ready(**settings: object) -> Prepared:
    found = prepared(SAMPLE, **settings)  # type: ignore[arg-type]
    assert isinstance(found, Prepared)
    return found


def test_without_trimming_nobody_is_left_out() -> None:
    found = _ready()
    assert (found.left_out, found.cutoff, len(found.sample)) == (0, 0.0, 400)


def test_a_threshold_leaves_out_extreme_scores_and_fits_again() -> None:
    whole, cut = _ready(), _ready(trimming="threshold", cutoff=0.3)
    assert not isinstance(whole.score, Refusal)
    assert not isinstance(cut.score, Refusal)
    inside = (whole.score.scores >= 0.3) & (whole.score.scores <= 0.7)
    assert cut.left_out == int((~inside).sum()) > 0
    assert len(cut.sample) == int(inside.sum())
    assert not np.allclose(cut.score.scores, whole.score.scores[inside])


def test_equal_weights_change_nothing() -> None:
    weighted = prepared(replace(SAMPLE, weights=np.full(400, 3.0)))
    assert isinstance(weighted, Prepared)
    for name in ("crude", "ipw", "aipw", "regression_adjustment"):
        one, other = getattr(weighted, name), getattr(_ready(), name)
        assert one.effect == pytest.approx(other.effect, rel=1e-9)


def test_interactions_make_one_model_of_both_arms() -> None:
    by_arm, pooled, every = _ready(), _ready(interactions=()), _ready(interactions="all")
    values = [one.regression_adjustment for one in (by_arm, pooled, every)]
    assert all(isinstance(value, PotentialMeans) for value in values)
    effects = [value.effect for value in values if isinstance(value, PotentialMeans)]
    assert effects[0] == pytest.approx(effects[2], rel=1e-9)
    assert effects[0] != pytest.approx(effects[1], rel=1e-6)


def test_a_score_that_cannot_be_told_leaves_regressions() -> None:
    x = np.linspace(0, 1, 60)
    sample = replace(
        chosen(60, 1), treatment=(x > 0.6) * 1.0, covariates={"x": x}, outcome_covariates={"y": np.sin(9 * x)}
    )
    found = prepared(sample)
    assert isinstance(found, Prepared)
    assert isinstance(found.score, Refusal)
    assert found.ipw == found.aipw == found.balancing == found.score
    assert isinstance(found.regression_adjustment, PotentialMeans)
    assert prepared(sample, trimming="crump") == found.score


def test_collinear_outcome_covariates_are_refused() -> None:
    one = SAMPLE.covariates["one"]
    found = prepared(replace(SAMPLE, outcome_covariates={"one": one, "minus one": -one}))
    assert isinstance(found, Refusal)
    assert found.reason == "collinear"
