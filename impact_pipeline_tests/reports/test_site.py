"""The site on disk, read back as a browser would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.issues import Issue
from impact_pipeline.decisions.base import Decision, Scorecard
from impact_pipeline.reports.formatting import visible
from impact_pipeline.reports.look import DayFailure, Entry, StudyFailure
from impact_pipeline.reports.site import SiteSummary, write_site
from impact_pipeline_tests.reports.examples import HOSTILE, catalog, plan, scorecard
from impact_pipeline_tests.reports.markup import Markup

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)


def _write(
    folder: Path,
    *entries: Entry,
    known: Catalog | None = None,
    at: datetime = NOON,
    previous: Mapping[str, Scorecard] | None = None,
) -> SiteSummary:
    return write_site(entries, known or catalog(), folder, generated_at=at, previous=previous)


def _page(folder: Path, name: str = "studies/ranker_v2.html") -> Markup:
    return Markup((folder / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    _write(folder, scorecard())
    return folder


@pytest.mark.parametrize(
    "text",
    [
        "Ship: orders per user rose by 10.2 % (95 % interval 7.1 % to 13.3 %)",
        "Grade A: randomised and clean. Final look: every window has closed.",
        "Next step. Roll out to all users.",
        "ranker : 1 → 2 1: Yesterday's sessions. 2: The same hour.",
        "2026-03-01 to 2026-03-14; planned look 2026-03-20",
        "control 5,012, treatment 4,988; 12 seen in several arms and set apart",
        "+0.122 orders +0.085 to +0.160 orders",
        "Not estimable. The denominator is too close to zero",
        "sample ratio passed Arms have the planned shares (p = 0.41). none",
        "spillover noticed Control moves with the treated share. none",
        "novelty failed The effect fades. lower grade",
        "balance not judged No covariate has been read yet.",
        "144,000 EUR (95 % interval 100,000 to 187,000 EUR)",
        "CASE WHEN amount > 0 THEN amount ELSE 0 END",
        "1 where amount > 0 over orders",
        "sessions 2026-03-01 2026-03-18 18 2 days before the look",
        "9f" * 32,
        "ab" * 32,
        "orders_per_user@1, bounce_rate@1, revenue_per_order@1",
        "duckdb 2.0",
    ],
)
def test_study_page_tells(site: Path, text: str) -> None:
    assert text in _page(site).text


def test_index_lists_the_study_with_its_effect_and_money(site: Path) -> None:
    page = _page(site, "index.html")
    assert "New ranker ship grade A Orders per user +10.2 % +7.1 % to +13.3 % 144,000 EUR" in page.text
    assert ("a", {"href": "studies/ranker_v2.html"}) in page.elements


@pytest.mark.parametrize("name", ["index.html", "studies/ranker_v2.html"])
def test_pages_are_self_contained_and_accessible(site: Path, name: str) -> None:
    page = _page(site, name)
    assert page.live() == []
    assert "http:" not in (site / name).read_text(encoding="utf-8")
    assert "https:" not in (site / name).read_text(encoding="utf-8")
    tags = [tag for tag, _ in page.elements]
    assert tags.count("caption") == tags.count("table") > 0
    assert tags.count("h1") == 1
    pictures = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in pictures)
    assert len(pictures) == (2 if name == "index.html" else 3)
    identities = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identities) == len(set(identities)) > 0


def test_hostile_words_are_inert(tmp_path: Path) -> None:
    card = scorecard(segment_values=HOSTILE, reasons=HOSTILE)
    words = " and ".join(HOSTILE)
    hostile = plan().model_copy(update=dict.fromkeys(("title", "hypothesis", "description", "owner"), words))
    failed = [StudyFailure("ranker_v2", value, value) for value in HOSTILE]
    _write(tmp_path, card, *failed, known=catalog(hostile))
    for name in ("index.html", "studies/ranker_v2.html"):
        page = _page(tmp_path, name)
        assert page.live() == []
        assert all(visible(value) in page.text for value in HOSTILE)


def test_a_hostile_figure_does_not_leave_its_picture(tmp_path: Path) -> None:
    _write(tmp_path, scorecard(segment_values=('" id="clip0" onload="x', "url(#clip0)", "</svg>")))
    page = _page(tmp_path)
    assert page.live() == []
    assert [tag for tag, _ in page.elements].count("svg") == 3


def test_only_the_footer_and_the_seal_know_the_clock(tmp_path: Path) -> None:
    first = _write(tmp_path / "a", scorecard())
    second = _write(tmp_path / "b", scorecard(), at=datetime(2027, 1, 1, tzinfo=UTC))
    assert (first.digests, first.digest) == (second.digests, second.digest)
    pages = [(tmp_path / side / "studies/ranker_v2.html").read_text(encoding="utf-8") for side in "ab"]
    differing = [pair for pair in zip(*(page.splitlines() for page in pages), strict=True) if pair[0] != pair[1]]
    content = first.digests["studies/ranker_v2.html"][:16]
    assert all(line.startswith("<!-- sha256 of all before this line: ") for line in differing.pop())
    assert differing == [
        (
            f"<footer>Generated at 2026-03-21T12:00:00+00:00. Content {content}.</footer>",
            f"<footer>Generated at 2027-01-01T00:00:00+00:00. Content {content}.</footer>",
        )
    ]


def test_a_number_that_changes_changes_the_digest(tmp_path: Path) -> None:
    first = _write(tmp_path, scorecard())
    assert _write(tmp_path, replace(scorecard(), mixed_units=13)).digest != first.digest


def test_pages_of_studies_that_are_gone_are_removed(tmp_path: Path) -> None:
    _write(tmp_path, scorecard(), scorecard("old"), known=catalog(plan(), plan("old")))
    summary = _write(tmp_path, scorecard(), scorecard("old"))
    assert summary.removed == ("old",)
    assert sorted(path.name for path in (tmp_path / "studies").iterdir()) == ["ranker_v2.html"]


def test_a_study_whose_plan_became_faulty_keeps_its_page(tmp_path: Path) -> None:
    _write(tmp_path, scorecard("old"), known=catalog(plan("old")))
    issue = Issue("studies/old.yaml", 3, "ends", "is missing")
    known = replace(catalog(), broken={("study", "old"): (issue,), ("study", "../../index"): (issue,)})
    failed = (StudyFailure("old", "catalog", str(issue)), StudyFailure("../../index", "catalog", str(issue)))
    summary = _write(tmp_path, *failed, scorecard("old"), known=known)
    assert summary.removed == ()
    assert summary.failed == ("../../index", "old")
    index = _page(tmp_path, "index.html")
    assert [a["href"] for tag, a in index.elements if tag == "a"] == [
        "studies/old.html",
        "lessons.html",
        "glossary.html",
    ]
    assert "2 failed" in index.text


def test_a_failure_shows_on_the_page_of_the_last_good_look(tmp_path: Path) -> None:
    _write(tmp_path, scorecard(), StudyFailure("ranker_v2", "study/cells", "orders 2026-03-21 is missing"))
    told = "failed The newest night did not finish this study; all below is of 2026-03-20."
    assert f"{told} study/cells: orders 2026-03-21 is missing" in _page(tmp_path).text


def test_days_of_data_that_failed_stand_in_the_index(tmp_path: Path) -> None:
    missing = (DayFailure("raw/orders", "2026-03-20", "no file <matches>"),)
    write_site([scorecard()], catalog(), tmp_path, generated_at=NOON, days_failed=missing)
    index = _page(tmp_path, "index.html")
    assert "raw/orders 2026-03-20 no file <matches>" in index.text
    assert index.live() == []


def test_effects_of_an_invalid_study_are_not_quoted(tmp_path: Path) -> None:
    _write(tmp_path, scorecard(decision=Decision.INVALID, reasons=("Arms do not have their planned shares.",)))
    assert "The study is invalid. The numbers below show what was measured" in _page(tmp_path).text
    assert "rose by" not in _page(tmp_path).text
    assert "The study is invalid: its effect has no value." in _page(tmp_path).text
    index = _page(tmp_path, "index.html").text
    assert "Orders per user not valid" in index
    assert "144,000 EUR" not in index


def test_restatements_are_told(tmp_path: Path) -> None:
    before = scorecard()
    marks = replace(before.provenance, inputs={"orders": {"2026-03-02": "other"}})
    _write(tmp_path, scorecard(), previous={"ranker_v2": replace(before, provenance=marks)})
    assert "Restated. orders: restated since the look before, on 2026-03-02." in _page(tmp_path).text


def test_nothing_to_show_is_still_a_site(tmp_path: Path) -> None:
    _write(tmp_path)
    assert "0 studies with a verdict." in _page(tmp_path, "index.html").text
