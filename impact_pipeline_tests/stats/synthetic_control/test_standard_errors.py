from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthdid import synthdid_estimate
from synthdid.vcov import jackknife_se

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.placebo import placebo_groups, placebos
from impact_pipeline.stats.synthetic_control.standard_errors import (
    Spread,
    bootstrap_spread,
    jackknife_spread,
    placebo_spread,
)
from impact_pipeline.stats.synthetic_control.synthetic_differences import synthetic_differences
from impact_pipeline_tests.stats.synthetic_control.panels import block, california, drawn


def test_placebo_errors_reproduce_the_published_ones() -> None:
    """Arkhangelsky et al. (2021), AER 111, Table 1: 8.4, from random draws; draws of their software lie in 8 .. 11."""
    whole = block(california())
    others = placebos(whole, synthetic_differences, placebo_groups(38, 1, 500, np.random.default_rng(0)))
    found = placebo_spread(others)
    assert isinstance(found, Spread)
    assert found.effect == pytest.approx(8.4, abs=1.2)
    assert found.gaps.shape == (31,)


def test_jackknife_agrees_with_the_papers_software() -> None:
    whole = drawn(0, treated=4)
    rows = np.vstack([whole.donors, whole.outcomes[:4]])
    oracle = synthdid_estimate(rows, len(whole.donors), whole.starts)
    found = jackknife_spread(whole, synthetic_differences(whole, early_stopped=True))
    assert isinstance(found, Spread)
    assert found.effect == pytest.approx(jackknife_se(oracle), rel=1e-6)


def test_bootstrap_is_of_the_size_of_the_jackknife_and_equal_on_repeat() -> None:
    whole = drawn(2, treated=6, donors=25)
    jackknife = jackknife_spread(whole, synthetic_differences(whole))
    one, two = (bootstrap_spread(whole, synthetic_differences, 80, np.random.default_rng(1)) for _ in range(2))
    assert isinstance(jackknife, Spread)
    assert isinstance(one, Spread)
    assert isinstance(two, Spread)
    assert one.effect == two.effect
    assert 0.4 < one.effect / jackknife.effect < 2


def test_one_treated_unit_allows_placebo_errors_only() -> None:
    whole = drawn(0)
    for found in (
        jackknife_spread(whole, synthetic_differences(whole)),
        bootstrap_spread(whole, synthetic_differences, 20, np.random.default_rng(0)),
    ):
        assert isinstance(found, Refusal)
        assert "use errors: placebo" in found.detail


def test_few_donors_and_a_lone_one_are_refused() -> None:
    whole = drawn(0, treated=2)
    found = synthetic_differences(whole)
    few = placebo_spread([found] * 4)
    assert isinstance(few, Refusal)
    assert few.reason == "too_few_units"
    alone = np.eye(15)[0]
    lone = jackknife_spread(whole, replace(found, weights=alone))
    assert isinstance(lone, Refusal)
    assert "one donor holds all weight" in lone.detail
