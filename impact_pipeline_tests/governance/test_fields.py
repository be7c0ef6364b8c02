from __future__ import annotations

from typing import Any

import pytest

from impact_pipeline.governance.fields import changed_fields


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}, ["b.c: 2 -> 3"]),
        ({"a": 1}, {"a": 1, "b": 2}, ["b: nothing -> 2"]),
        ({"a": 1, "b": 2}, {"a": 1}, ["b: 2 -> nothing"]),
        ({"a": 1}, {"a": 1.0}, ["a: 1 -> 1.0"]),
        (["x", "y"], ["x", "z"], ["[1]: 'y' -> 'z'"]),
        ([], ["x"], ["[0]: nothing -> 'x'"]),
        (
            [{"metric": "orders", "contrast": {"control": "c", "treatment": "t"}, "segment": ["", ""], "value": 1}],
            [{"metric": "orders", "contrast": {"treatment": "t", "control": "c"}, "segment": ["", ""], "value": 2}],
            ["[orders t - c].value: 1 -> 2"],
        ),
        (
            [{"metric": "a", "n": 1}, {"metric": "a", "n": 2}],
            [{"metric": "a", "n": 1}, {"metric": "a", "n": 3}],
            ["[a #1].n: 2 -> 3"],
        ),
    ],
)
def test_every_field_that_differs_is_told_with_its_place(before: Any, after: Any, told: list[str]) -> None:
    assert [str(change) for change in changed_fields(before, after)] == told
    assert list(changed_fields(before, before)) == []


def test_a_long_value_is_cut() -> None:
    [change] = changed_fields("x" * 200, "y")
    assert len(str(change)) < 120
    assert change.as_json() == {"place": "", "before": "x" * 200, "after": "y"}
