"""Lessons of several studies are found by their words, and stand on a page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.plan import Change
from impact_pipeline.catalog.postmortem import Lesson, Postmortem
from impact_pipeline.reports.formatting import visible
from impact_pipeline.reports.lessons import lessons_of, search
from impact_pipeline.reports.site import write_site
from impact_pipeline_tests.reports.examples import HOSTILE, OWNER, catalog, plan, scorecard
from impact_pipeline_tests.reports.markup import Markup

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
RANKER = Postmortem(
    name="ranker_v2", owner=OWNER, surprises=("Orders rose on the app alone.",), root_causes=("The cache was cold.",),
    lessons=(Lesson(text="Warm the cache before a launch.", tags=("launch", "cache")),),
)  # fmt: skip
PRICES = Postmortem(
    name="prices", owner=OWNER, lessons=(Lesson(text="Prices are felt after a month.", tags=("windows",)),)
)


def known(*postmortems: Postmortem) -> Catalog:
    change = Change(model="pricing", from_version="1", to_version="2")
    prices = plan("prices", "Higher prices").model_copy(update={"change": change})
    return replace(catalog(plan(), prices), postmortems={one.name: one for one in postmortems})


def test_lessons_are_found_best_match_first() -> None:
    lessons = lessons_of(known(PRICES, RANKER))
    assert [one.text for one in search(lessons, ["cache"])] == [
        "Warm the cache before a launch.",
        "The cache was cold.",
    ]
    [felt] = search(lessons, ["months"])
    assert felt.as_line() == "prices, lesson: Prices are felt after a month. [windows] (postmortems/prices)"
    assert search(lessons, ["nothing", "such"]) == ()


def test_lessons_are_limited_to_a_model_or_a_metric() -> None:
    lessons = lessons_of(known(PRICES, RANKER))
    assert {one.study for one in search(lessons, (), model="pricing")} == {"prices"}
    assert {one.study for one in search(lessons, (), metric="bounce_rate")} == {"prices", "ranker_v2"}
    assert search(lessons, (), metric="clicks") == ()
    assert search(lessons, ["cache"], model="pricing") == ()


def test_reasons_of_verdicts_are_searched_too() -> None:
    lessons = lessons_of(known(RANKER), [scorecard(reasons=("Orders per user is superior.",))])
    [reason] = search(lessons, ["superior"])
    assert (reason.kind, reason.place) == ("verdict", "ship on 2026-03-20")


def test_a_study_whose_plan_has_faults_teaches_nothing() -> None:
    whole = known(PRICES)
    assert lessons_of(replace(whole, plans={})) == ()


def test_the_page_lists_lessons_by_study(tmp_path: Path) -> None:
    write_site([scorecard()], known(PRICES, RANKER), tmp_path, generated_at=NOON)
    page = Markup((tmp_path / "lessons.html").read_text(encoding="utf-8"))
    assert "Higher prices pricing Prices are felt after a month. [windows]" in page.text
    assert "New ranker ranker Warm the cache before a launch. [launch] [cache] surprise: Orders rose" in page.text
    assert [a["href"] for tag, a in page.elements if tag == "a"] == ["index.html", "studies/ranker_v2.html"]
    index = Markup((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert ("a", {"href": "lessons.html"}) in index.elements


def test_a_page_without_lessons_says_how_to_write_one(tmp_path: Path) -> None:
    write_site([], known(), tmp_path, generated_at=NOON)
    assert "Nobody has written a lesson yet: impact postmortem STUDY" in (
        Markup((tmp_path / "lessons.html").read_text(encoding="utf-8")).text
    )


def test_hostile_words_are_inert(tmp_path: Path) -> None:
    hostile = RANKER.model_copy(update={"surprises": HOSTILE, "lessons": ()})
    write_site([scorecard()], known(hostile), tmp_path, generated_at=NOON)
    page = Markup((tmp_path / "lessons.html").read_text(encoding="utf-8"))
    assert page.live() == []
    assert all(visible(text) in page.text for text in HOSTILE)
