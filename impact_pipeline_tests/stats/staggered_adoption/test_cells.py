from __future__ import annotations

from impact_pipeline.stats.staggered_adoption.cells import cells_of
from impact_pipeline_tests.stats.staggered_adoption.panels import drawn

UNITS = drawn([2, 3, 5], 5)


def test_varying_bases_step_from_period_to_period_before_adoption() -> None:
    cells = cells_of(UNITS, "never_treated", "varying", 0)
    assert [(cell.period, cell.base) for cell in cells if cell.cohort == 3] == [(1, 0), (2, 1), (3, 2), (4, 2)]
    assert {cell.controls for cell in cells} == {(5,)}


def test_universal_bases_stay_and_have_a_reference() -> None:
    cells = [cell for cell in cells_of(UNITS, "never_treated", "universal", 0) if cell.cohort == 3]
    assert [(cell.period, cell.base) for cell in cells] == [(0, 2), (1, 2), (2, 2), (3, 2), (4, 2)]
    assert [cell.event for cell in cells if cell.is_reference] == [-1]


def test_anticipation_moves_the_base_before_the_reaction() -> None:
    cells = [cell for cell in cells_of(UNITS, "never_treated", "varying", 1) if cell.cohort == 3]
    assert [(cell.event, cell.base) for cell in cells] == [(-2, 0), (-1, 1), (0, 1), (1, 1)]


def test_not_yet_treated_are_those_who_adopt_after_both_periods() -> None:
    cells = cells_of(UNITS, "not_yet_treated", "varying", 0)
    assert {(cell.cohort, cell.period): cell.controls for cell in cells} == {
        (2, 1): (3, 5), (2, 2): (3, 5), (2, 3): (5,), (2, 4): (5,),
        (3, 1): (2, 5), (3, 2): (5,), (3, 3): (5,), (3, 4): (5,),
    }  # fmt: skip
    with_lead = cells_of(UNITS, "not_yet_treated", "varying", 1)
    assert next(cell.controls for cell in with_lead if (cell.cohort, cell.period) == (2, 2)) == (5,)
