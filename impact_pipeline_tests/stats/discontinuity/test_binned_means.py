from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.discontinuity.binned_means import FEWEST, MOST, Spacing, binned_means, mimicking_bins
from impact_pipeline.stats.discontinuity.sides import Side
from impact_pipeline_tests.stats.discontinuity.drawn import quietly, senate


@pytest.mark.parametrize(("spacing", "name"), [("even", "esmv"), ("quantile", "qsmv")])
def test_number_of_bins_is_that_of_rdplot(spacing: Spacing, name: str) -> None:
    from rdrobust import rdplot

    draw = senate()
    oracle = quietly(rdplot, draw.outcome, draw.score, binselect=name, hide=True)
    sides = draw.sides()
    found = [mimicking_bins(side, len(draw.score), spacing) for side in (sides.left, sides.right)]
    assert found == list(oracle.J)


@pytest.mark.parametrize("spacing", ["even", "quantile"])
def test_means_of_bins_keep_the_mean_of_the_side(spacing: Spacing) -> None:
    rng = np.random.default_rng(0)
    side = Side(1, np.sort(rng.uniform(0, 1, 1000)), rng.normal(size=(1, 1000)))
    bins = binned_means(side, 2000, spacing)
    assert FEWEST <= len(bins) <= MOST
    assert all(0 < at < 1 for at, _ in bins)
    assert np.mean([mean for _, mean in bins]) == pytest.approx(float(side.columns.mean()), abs=0.02)


def test_an_outcome_without_noise_takes_the_most_bins() -> None:
    side = Side(1, np.arange(200.0), np.ones((1, 200)))
    assert len(binned_means(side, 400)) == MOST
