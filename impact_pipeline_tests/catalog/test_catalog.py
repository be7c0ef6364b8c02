from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Catalog, Origin, studies_due
from impact_pipeline.catalog.load import read_catalog, read_sound_part
from impact_pipeline.catalog.metrics.readings import UnitTotal
from impact_pipeline.errors import InputError
from impact_pipeline_tests.catalog.mini import write_mini

PLAN = "studies/trial.yaml"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return read_catalog(write_mini(tmp_path))


def test_a_study_is_seen_with_its_documents(catalog: Catalog) -> None:
    study = catalog.study("trial")
    assert [metric.reference for metric in study.metrics] == ["revenue@1", "share@2"]
    assert [fact.name for fact in study.facts] == ["orders"]
    assert [feature.name for feature in study.covariates] == ["revenue_before"]
    assert [(name, feature.name) for name, feature in study.segment_features.items()] == [("country", "country")]
    assert study.datasets == ("exposures", "orders")
    assert study.arms == ("control", "treatment")
    assert study.broken_metrics == {}


def test_the_planned_look_is_the_night_the_last_window_of_the_last_cohort_closes(catalog: Catalog) -> None:
    study = catalog.study("trial")
    assert study.last_window_day == 9
    assert study.planned_look == date(2026, 3, 14)


def test_a_measure_is_found_by_its_total(catalog: Catalog) -> None:
    study = catalog.study("trial")
    (total,) = study.readings_of(catalog.metrics["revenue"])[0].totals
    assert isinstance(total, UnitTotal)
    measure = study.measure(total)
    assert measure is not None
    assert measure.scale == 2


def test_a_dataset_has_its_source(catalog: Catalog) -> None:
    assert catalog.source_of("visits").name == "shop"


def test_an_unknown_study_is_told_with_those_there_are(catalog: Catalog) -> None:
    with pytest.raises(InputError) as raised:
        catalog.study("nope")
    assert str(raised.value) == "study 'nope' is not in the catalog; studies are trial"


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 3, 2), ()),
        (date(2026, 3, 3), ("trial",)),
        (date(2026, 3, 14), ("trial",)),
        (date(2026, 3, 15), ()),
    ],
)
def test_a_study_is_due_from_its_start_until_its_planned_look(
    catalog: Catalog, day: date, due: tuple[str, ...]
) -> None:
    assert studies_due(catalog, day) == due


def test_an_archived_study_is_never_due(tmp_path: Path) -> None:
    catalog = read_catalog(write_mini(tmp_path, (PLAN, "title:", "status: archived\ntitle:")))
    assert studies_due(catalog, date(2026, 3, 4)) == ()


def test_a_faulty_plan_is_due_every_night(tmp_path: Path) -> None:
    catalog = read_sound_part(write_mini(tmp_path, (PLAN, "title: Trial\n", "")))
    assert studies_due(catalog, date(2030, 1, 1)) == ("trial",)


def test_an_issue_takes_the_line_of_the_nearest_written_field() -> None:
    origin = Origin("a.yaml", {(): 1, ("list",): 4, ("list", 2): 7})
    assert str(origin.issue(("list", 2, "x"), "wrong")) == "a.yaml:7: list.2.x: wrong"
    assert str(origin.issue(("list", 9), "wrong")) == "a.yaml:4: list.9: wrong"
    assert str(origin.issue((), "wrong", "warning")) == "a.yaml:1: warning: document: wrong"
