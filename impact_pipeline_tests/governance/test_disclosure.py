"""Which groups are told: enough units in every arm, ruled by nobody, and not to be had from what else is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from impact_pipeline.catalog.disclosure import DisclosurePolicy
from impact_pipeline.governance.disclosure import Margin, Telling, apart, largest_share, told_of
from impact_pipeline.stats.moments import Moments

POLICY = DisclosurePolicy()


def both(units: int) -> dict[str, int]:
    return {"control": units, "treatment": units}


def margin(**values: int) -> Margin:
    """One segment, with as many units of each value in either arm."""
    return Margin(both(sum(values.values())), {"device": {value: both(units) for value, units in values.items()}})


def withheld(told: Telling) -> Mapping[str, str]:
    return told.groups.get("device", {})


def test_a_single_small_value_takes_the_smallest_other_one_with_it() -> None:
    told = told_of(margin(a=3, b=40, c=457), [], POLICY)
    assert (told.whole, withheld(told)) == (None, {"a": "small", "b": "follows"})


def test_values_of_enough_units_are_all_told() -> None:
    assert told_of(margin(a=10, b=40), [], POLICY) == Telling()


def test_small_values_that_are_too_few_together_take_another_with_them() -> None:
    assert withheld(told_of(margin(a=3, b=4, c=60, d=80), [], POLICY)) == {"a": "small", "b": "small", "c": "follows"}


def test_small_values_that_are_enough_together_take_no_other() -> None:
    assert withheld(told_of(margin(a=5, b=5, c=60), [], POLICY)) == {"a": "small", "b": "small"}


def test_no_units_look_like_few() -> None:
    assert withheld(told_of(margin(a=0, b=40, c=60), [], POLICY)) == {"a": "small", "b": "follows"}


def test_an_arm_of_too_few_withholds_the_value_in_every_arm() -> None:
    one_sided = {"a": {"control": 3, "treatment": 90}, "b": both(40), "c": both(60)}
    found = told_of(Margin({"control": 103, "treatment": 190}, {"device": one_sided}), [], POLICY)
    assert withheld(found) == {"a": "small", "b": "follows"}


def test_a_total_of_too_few_withholds_everything() -> None:
    told = told_of(margin(a=4, b=5), [], POLICY)
    assert told.whole == "small"
    assert told.withheld(("device", "b")) == "small"


def test_an_arm_that_has_not_begun_withholds_nothing() -> None:
    assert told_of(Margin({"control": 50, "treatment": 0}), [], POLICY) == Telling()


def test_a_value_ruled_by_one_unit_is_withheld_with_another() -> None:
    ruled = replace(margin(a=40, b=50, c=60), largest={"device": {"c": 0.8, "a": 0.79}})
    assert withheld(told_of(ruled, [], POLICY)) == {"c": "dominated", "a": "follows"}


@pytest.mark.parametrize(("units", "told"), [(100, None), (109, "few_since"), (110, None)])
def test_a_total_is_told_again_with_as_many_or_enough_more(units: int, told: str | None) -> None:
    before = margin(a=50, b=50)
    assert told_of(Margin(both(units)), [(before, told_of(before, [], POLICY))], POLICY).whole == told


def test_a_total_is_held_against_every_earlier_look() -> None:
    looks = [(Margin(both(units)), Telling()) for units in (100, 150)]
    assert told_of(Margin(both(105)), looks, POLICY).whole == "few_since"


def test_a_look_of_which_nothing_was_told_is_not_held_against() -> None:
    assert told_of(Margin(both(105)), [(Margin(both(100)), Telling("small"))], POLICY).whole is None


def test_a_value_that_few_joined_is_withheld_with_another() -> None:
    before, now = margin(a=50, b=50, c=90), margin(a=53, b=70, c=120)
    told = told_of(now, [(before, Telling())], POLICY)
    assert withheld(told) == {"a": "few_since", "b": "follows"}


def test_what_was_withheld_together_is_not_told_apart_by_its_growth() -> None:
    """a and b were known together alone; were both told now, their sum would say what the few who joined added."""
    before, now = margin(a=9, b=30, c=60), margin(a=12, b=32, c=90)
    earlier = [(before, told_of(before, [], POLICY))]
    assert withheld(earlier[0][1]) == {"a": "small", "b": "follows"}
    assert withheld(told_of(now, earlier, POLICY)) == {"a": "follows", "c": "follows"}


def test_a_value_that_hid_another_is_not_told_while_nobody_joined_it() -> None:
    """Told now, it would be what it was, and the small one the sum of both less it."""
    before, now = margin(small=6, hiding=26, c=180, d=124), margin(small=6, hiding=26, c=290, d=160)
    earlier = [(before, told_of(before, [], POLICY))]
    assert withheld(earlier[0][1]) == {"small": "small", "hiding": "follows"}
    assert withheld(told_of(now, earlier, POLICY)) == {"small": "small", "hiding": "follows"}
    joined = margin(small=12, hiding=26, c=290, d=160)
    assert "hiding" in withheld(told_of(joined, earlier, POLICY))


def test_a_value_that_is_rare_elsewhere_is_withheld_here() -> None:
    also = Telling(None, {"device": {"a": "small"}})
    assert withheld(told_of(margin(a=20, b=40), [], POLICY, also)) == {"a": "small", "b": "follows"}


def test_apart_is_by_arm() -> None:
    assert apart({"a": 20, "b": 7}, {"a": 10, "b": 7}, 10)
    assert not apart({"a": 20, "b": 8}, {"a": 10, "b": 7}, 10)


@pytest.mark.parametrize(
    ("moments", "share"),
    [
        (Moments(n=20, y=0, yy=0), 0.0),
        (Moments(n=20, y=1, yy=1), 0.0),
        (Moments(n=20, y=100, yy=10_000, y_scale=2), 1.0),
        (Moments(n=2, y=7, yy=25), 5 / 7),
        (Moments(n=2, y=0, yy=50), 1.0),
        (Moments(n=9, y=9, yy=9, d=10, dd=64), 0.8),
    ],
)
def test_the_largest_share_is_what_moments_allow(moments: Moments, share: float) -> None:
    assert largest_share(moments) == pytest.approx(share)
