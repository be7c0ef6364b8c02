from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from impact_pipeline.analysis.labels import crossed, labels_of
from impact_pipeline.errors import InputError
from impact_pipeline_tests.analysis.tables import table_of


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["b", "a", "b"], ("a", "b")),
        ([10, 9, 10], ("9", "10")),
        ([True, False, True], ("false", "true")),
        ([2.0, 1.5, 2.0], ("1.5", "2")),
        ([date(2026, 3, 2), date(2026, 3, 1), date(2026, 3, 2)], ("2026-03-01", "2026-03-02")),
    ],
)
def test_labels_are_text_in_the_order_of_values(values: list[object], names: tuple[str, ...]) -> None:
    found = labels_of(pa.chunked_array([values]))
    assert found.names == names
    assert found.codes.tolist() == [1, 0, 1]


def test_kept_labels_keep_their_names() -> None:
    found = labels_of(pa.chunked_array([["a", "b", "a"]])).kept(np.array([True, False, True]))
    assert (found.names, found.counts(), found.texts().tolist()) == (("a", "b"), {"a": 2}, ["a", "a"])


def test_weights_are_counted() -> None:
    assert labels_of(pa.chunked_array([["a", "b", "a"]])).counts(np.array([1.0, 0.0, 5.0])) == {"a": 6, "b": 0}


def test_only_combinations_that_occur_are_crossed() -> None:
    columns = [labels_of(pa.chunked_array([own])) for own in (["x", "y", "y"], ["1", "1", "2"], ["p", "p", "q"])]
    assert crossed(columns).names == ("x / 1 / p", "y / 1 / p", "y / 2 / q")


def test_a_label_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(InputError, match="column 'arm' of rows is empty in 1 of 2 rows"):
        table_of(arm=[1.0, float("nan")]).labels("arm", "design.arm", 50)
