from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity


def read(**settings: Any) -> RegressionDiscontinuity:
    return RegressionDiscontinuity.model_validate({"type": "regression_discontinuity", **settings})


def test_defaults_are_those_of_the_field() -> None:
    found = read()
    assert (found.order, found.kernel, found.bandwidth, found.errors, found.neighbours) == (
        1, "triangular", "mserd", "nearest_neighbour", 3,
    )  # fmt: skip
    assert (found.treated, found.fuzzy, found.method) == ("at_or_above", False, "local_polynomial")


@pytest.mark.parametrize("bandwidth", ["cerrd", 0.5, [0.5, 0.7]])
def test_a_bandwidth_is_a_rule_a_width_or_one_for_each_side(bandwidth: object) -> None:
    found = read(bandwidth=bandwidth).bandwidth
    assert found == (tuple(bandwidth) if isinstance(bandwidth, list) else bandwidth)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"method": "window"}, "give both or neither"),
        ({"window": 0.1}, "give both or neither"),
        ({"order": 2, "bias_order": 2}, "bias_order 2 must be above order 2"),
        ({"bias_bandwidth": 0.4}, "'mserd' chooses the bias bandwidth too"),
        ({"method": "window", "window": 0.1, "donut": 0.1}, "a donut of 0.1 leaves nothing of a window of 0.1"),
        ({"order": 4}, "less than or equal to 3"),
        ({"bandwidth": 0}, "greater than 0"),
        ({"bandwidth": "ik"}, "mserd"),
        ({"cutoff": float("nan")}, "finite"),
        ({"treated": "right"}, "at_or_above"),
        ({"column": "score"}, "Extra inputs"),
    ],
)
def test_what_does_not_fit_together_is_told(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        read(**settings)


@pytest.mark.parametrize(("errors", "clustered"), [("HC1", False), ("cluster", True), ("cluster_by_side", True)])
def test_clustered_errors_say_so(errors: str, clustered: bool) -> None:
    assert read(errors=errors).clustered is clustered
