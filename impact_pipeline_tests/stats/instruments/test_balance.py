from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.instruments.balance import differences


def test_difference_of_a_binary_instrument_is_between_its_two_groups() -> None:
    """Means 2 and 3, both variances 2."""
    found = differences(np.array([0.0, 1, 1, 0]), {"age": np.array([1.0, 2, 4, 3])})
    assert found == pytest.approx({"age": 1 / 2**0.5})


def test_an_instrument_that_most_units_have_is_split_at_its_value() -> None:
    """Above the median of 1 there is nobody: units with 1, of mean 5 and variance 1, against the one with 0."""
    found = differences(np.array([0.0, 1, 1, 1]), {"age": np.array([1.0, 4, 5, 6])})
    assert found == pytest.approx({"age": 4 / 0.5**0.5})


def test_weights_count_as_copies_in_the_means() -> None:
    plain = differences(np.array([0.0, 0, 0, 1]), {"age": np.array([1.0, 1, 4, 9])})
    heavy = differences(np.array([0.0, 0, 0, 1]), {"age": np.array([1.0, 1, 4, 9])}, np.array([1.0, 1, 1, 3]))
    assert heavy == pytest.approx(plain)


def test_what_does_not_vary_differs_by_nothing() -> None:
    assert differences(np.array([0.0, 1.0]), {"age": np.array([3.0, 3.0])}) == {"age": 0.0}
    assert differences(np.ones(2), {"age": np.array([3.0, 4.0])}) == {}
