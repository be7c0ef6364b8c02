"""Two results compared: what moved, in words and by cell, and the numbers that moved with it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.errors import InputError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.stored import stored_results
from impact_pipeline.stages.result_diff import ResultDiff, compare
from impact_pipeline_tests.small_shop import ENGINE, at, publish
from impact_pipeline_tests.stages.looked_home import EARLIER, STUDY, copy_of, make_looked_home, next_year
from impact_pipeline_tests.stages.small_workspace import LAST, derive, look, opened

ORDER = {"user_id": 1, "ordered_at": at("03-05 20:00"), "amount": 99, "items": 1, "channel": "app"}
NEWER = "2027"


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_looked_home(tmp_path_factory.mktemp("looked"))


@pytest.fixture
def home(looked: Path, tmp_path: Path) -> Path:
    return copy_of(looked, tmp_path / "home")


def diff(home: Path, a: str, b: str) -> ResultDiff:
    return compare(read_catalog(home / "catalog"), Lake(home), ENGINE, a, b)


def ids(home: Path) -> list[str]:
    """Of the results of the last date, the current one last."""
    lake = Lake(home)
    found = [one.plain()["provenance"]["result_id"] for one in stored_results(lake, "scorecard") if one.as_of == LAST]
    current = lake.results.current(STUDY, "scorecard", dict).value["provenance"]["result_id"]
    return sorted(found, key=lambda found: found == current)


def test_a_result_is_equal_to_itself(home: Path) -> None:
    found = diff(home, STUDY, STUDY)
    assert (found.causes, found.fields, found.cells) == ((), (), ())
    assert found.as_text().endswith("every number is equal")


def test_a_later_look_differs_by_time(home: Path) -> None:
    found = diff(home, f"{STUDY}@{EARLIER}", STUDY)
    assert [cause.kind for cause in found.causes] == ["time"]
    assert str(found.causes[0]) == "time: looks of 2026-03-06 and 2026-03-08; days more: trusted/orders +2"
    assert "estimates.as_of" in {field.place for field in found.fields}


def test_a_restated_day_is_the_cause_and_its_cells_are_counted(home: Path) -> None:
    workspace = replace(opened(home), generation=NEWER)
    publish(workspace.lake, "orders", "2026-03-05", [ORDER], generation=NEWER)
    derive(workspace)
    look(workspace)
    before, after = ids(home)
    found = diff(home, before, after)
    assert ("data", "trusted/orders restated on 2026-03-05") in [(c.kind, c.sentence) for c in found.causes]
    assert {cause.kind for cause in found.causes} == {"data"}
    [cells] = found.cells
    assert cells.equal > 0
    assert {group["cohort_day"] for group in cells.changed} == {"2026-03-04"}
    assert {group["metric"] for group in cells.changed} >= {"revenue", "web_buyers"}
    assert any(field.place.startswith("estimates.results[revenue") for field in found.fields)
    for path in (home / "lake" / "study" / "cells" / STUDY).glob("*.parquet"):
        path.unlink()
    [cells] = diff(home, before, after).cells
    assert str(cells) == f"study/cells/{STUDY}: cells of both results are not there any more"


@pytest.mark.parametrize(
    ("old", "new", "told", "moves"),
    [
        ("title: Ranker 2", "title: Ranker 3",
         "definition: display: study ranker_v2: title changed: Ranker 2 -> Ranker 3 (moves no number)", False),
        ("min_units_per_arm: 2", "min_units_per_arm: 30",
         "definition: statistic: study ranker_v2: min_units_per_arm changed: 2 -> 30", True),
    ],
)  # fmt: skip
def test_an_edited_plan_is_the_cause_with_the_part_that_was_edited(
    home: Path, old: str, new: str, told: str, moves: bool
) -> None:
    path = home / "catalog" / "studies" / "ranker_v2.yaml"
    path.write_text(path.read_text().replace(old, new))
    look(next_year(home))
    before, after = ids(home)
    found = diff(home, before, after)
    assert told in map(str, found.causes)
    results = [field for field in found.fields if field.place.startswith("estimates.results")]
    assert bool(results) == moves


def test_results_of_two_studies_are_not_compared(home: Path) -> None:
    lake = Lake(home)
    card = lake.results.current(STUDY, "scorecard", dict)
    lake.results.add("other", "scorecard", LAST, {**card.value, "study": "other"})
    with pytest.raises(InputError, match="name two results of one study"):
        diff(home, STUDY, "other")


def test_scripts_get_everything(home: Path) -> None:
    found = diff(home, f"{STUDY}@{EARLIER}", STUDY)
    plain = json.loads(json.dumps(found.as_plain()))
    assert [one["place"] for one in plain["fields"]] == [field.place for field in found.fields]
    assert plain["causes"][0]["kind"] == "time"
