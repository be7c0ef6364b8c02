"""Segments share passes over the unit table while their joint values are few."""

from __future__ import annotations

from datetime import date

from impact_pipeline.outcomes.group_sums import bundles
from impact_pipeline.outcomes.unit_table import Groups


def groups(*sizes: int) -> Groups:
    segments = {f"s{n}": tuple(map(str, range(size))) for n, size in enumerate(sizes)}
    return Groups(date(2026, 3, 1), ("control", "treatment"), segments)


def test_without_segments_there_is_one_pass() -> None:
    assert bundles(groups(), cohorts=7) == ((),)


def test_small_segments_share_a_pass_and_large_ones_do_not() -> None:
    assert bundles(groups(300, 4, 12, 12), cohorts=7) == ((1, 2), (3,), (0,))


def test_a_segment_with_too_many_values_still_has_its_pass() -> None:
    assert bundles(groups(5000), cohorts=30) == ((0,),)
