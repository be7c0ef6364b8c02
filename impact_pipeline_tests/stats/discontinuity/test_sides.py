from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.discontinuity.sides import sides_of


@pytest.mark.parametrize(("cutoff_is_right", "left", "right"), [(True, [1.0], [2.0, 3.0]), (False, [2.0, 1.0], [3.0])])
def test_rows_at_the_cutoff_belong_where_they_are_said_to(
    cutoff_is_right: bool, left: list[float], right: list[float]
) -> None:
    found = sides_of(np.array([4.0, 5.0, 6.0]), np.array([[1.0, 2.0, 3.0]]), cutoff=5, cutoff_is_right=cutoff_is_right)
    assert (found.left.columns[0].tolist(), found.right.columns[0].tolist()) == (left, right)


def test_weights_and_clusters_go_with_their_rows() -> None:
    found = sides_of(
        np.array([2.0, -3.0, 1.0, -1.0]), np.zeros((1, 4)), weights=np.array([1.0, 2, 3, 4]), cluster=np.arange(4)
    )
    assert found.left.weights is not None
    assert found.right.cluster is not None
    assert (found.left.weights.tolist(), found.right.cluster.tolist()) == ([4.0, 2.0], [2, 0])


def test_distinct_values_are_counted_from_the_cutoff() -> None:
    side = sides_of(np.array([0.0, 0.0, 2.0, 2.0, 3.0]), np.zeros((1, 5))).right
    assert side.distinct == 3
    assert [side.distance_of_value(count) for count in (1, 2, 9)] == [0.0, 2.0, 3.0]
