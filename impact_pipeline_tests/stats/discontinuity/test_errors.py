from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.discontinuity.errors import Errors, SideErrors, errors_of, small_sample
from impact_pipeline.stats.discontinuity.local_polynomial import local_fit
from impact_pipeline.stats.discontinuity.sides import Side
from impact_pipeline_tests.stats.discontinuity.drawn import drawn


def test_clustered_errors_need_clusters() -> None:
    side = Side(1, np.arange(4.0), np.ones((1, 4)))
    with pytest.raises(ValueError, match="need a cluster of each row"):
        SideErrors(side, Errors("cluster")).variance(np.ones(4), 1)


def test_single_rows_as_clusters_are_hc1s_variance_up_to_its_factor() -> None:
    side = drawn().sides().left
    alone = Side(side.direction, side.distance, side.columns, cluster=np.arange(len(side)))
    fit = local_fit(alone, 1, 0.9, "triangular")
    rows = len(fit)
    by_row = SideErrors(alone, Errors("HC1"))
    by_cluster = SideErrors(alone, Errors("cluster"))
    one, other = (each.variance(fit.row_weights(0) * each.residuals(fit, rows)[0], 2) for each in (by_row, by_cluster))
    assert one == pytest.approx(other, rel=1e-12)


def test_one_cluster_tells_no_error() -> None:
    assert np.isnan(small_sample(10, 1, 2))


def test_neighbours_are_found_once() -> None:
    rows = errors_of(drawn().sides())
    assert rows.left.neighbours is rows.left.neighbours
