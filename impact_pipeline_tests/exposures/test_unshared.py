"""Units of which one of two groups alone has an exposure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from impact_pipeline.exposures.expose import expose
from impact_pipeline.exposures.unshared import ExposedGroup, exposures_of, units_not_shared
from impact_pipeline.governance.disclosure import EVERYONE, Group
from impact_pipeline_tests.exposures.test_expose import LAST, built, contact, exposed
from impact_pipeline_tests.small_shop import ENGINE

BOTH = ("control", "treatment")


@pytest.mark.parametrize(
    ("a", "b", "alone"),
    [
        ((EVERYONE, BOTH), (EVERYONE, BOTH), (0, 0)),
        ((EVERYONE, ("control",)), (EVERYONE, ("treatment",)), (3, 2)),
        ((("device", "y"), BOTH), (EVERYONE, BOTH), (0, 4)),
        ((("device", "y"), BOTH), (("device", "z"), BOTH), (1, 0)),
    ],
)
def test_units_of_one_group_alone_are_counted(
    tmp_path: Path, a: tuple[Group, tuple[str, ...]], b: tuple[Group, tuple[str, ...]], alone: tuple[int, int]
) -> None:
    """Unit 5 is in both arms: it counts in that of its first contact."""
    rows = [contact(1, "03-04 10:00", "control", "x"), contact(2, "03-04 10:00", "control", "y")]
    rows.append(contact(3, "03-04 11:00", "treatment", "x"))
    rows += [contact(5, "03-04 11:00", arm, "x") for arm in BOTH]
    catalog, lake = built(tmp_path, d04=rows, d05=[contact(6, "03-05 10:00", "treatment", "x")])
    exposed(lake, catalog)
    study = catalog.study("ranker_v2")
    with ENGINE.session(exposures_of(study, study, lake)) as session:
        assert units_not_shared(ExposedGroup(*a), ExposedGroup(*b), session) == alone


def test_a_unit_that_another_study_met_on_another_day_is_not_shared(tmp_path: Path) -> None:
    days = {f"d0{day}": [contact(1, f"03-0{day} 10:00", "control")] for day in (4, 5)}
    catalog, lake = built(tmp_path, **days)
    exposed(lake, catalog)
    study = catalog.study("ranker_v2")
    later = study.plan.model_copy(update={"name": "later", "starts": study.plan.starts.replace(day=5)})
    other = replace(catalog, plans={**catalog.plans, "later": later})
    expose(other.study("later"), LAST, lake=lake, engine=ENGINE, generation="1")
    everyone = ExposedGroup(EVERYONE, BOTH)
    with ENGINE.session(exposures_of(study, other.study("later"), lake)) as session:
        assert units_not_shared(everyone, everyone, session) == (1, 1)
