"""Squares and products as far as an arm carries them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact_pipeline.stats.propensity.prepared import Prepared, prepared
from impact_pipeline.stats.propensity.richer_models import richer
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen


def _richer(sample: CrossSection) -> Prepared | Refusal:
    ready = prepared(sample)
    assert isinstance(ready, Prepared)
    return richer(ready)


def test_squares_and_products_are_added() -> None:
    found = _richer(chosen(400, 1))
    assert isinstance(found, Prepared)
    assert found.columns.names == ("one", "two", "one^2", "two^2", "one x two")


def test_products_are_left_out_where_the_arm_is_small() -> None:
    found = _richer(chosen(190, 1))
    assert isinstance(found, Prepared)
    assert found.columns.names == ("one", "two", "one^2", "two^2")


def test_covariates_of_one_model_go_into_both() -> None:
    sample = chosen(400, 1)
    found = _richer(replace(sample, outcome_covariates={"one": sample.covariates["one"]}))
    assert isinstance(found, Prepared)
    assert "two" in found.outcome_columns.names


def test_a_covariate_with_two_values_has_no_square() -> None:
    sample = chosen(600, 1)
    found = _richer(replace(sample, covariates={**sample.covariates, "member": (np.arange(600) % 2) * 1.0}))
    assert isinstance(found, Prepared)
    assert "member^2" not in found.columns.names
    assert "one x member" in found.columns.names


def test_a_small_arm_is_refused() -> None:
    found = _richer(chosen(60, 1))
    assert isinstance(found, Refusal)
    assert found.reason == "too_few_units"
