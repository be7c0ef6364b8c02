"""The glossary as a page and in a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from impact_pipeline.catalog.glossary import Term, terms_named
from impact_pipeline.reports.glossary import in_full, lines
from impact_pipeline.reports.pages import glossary_body
from impact_pipeline.reports.site import write_site
from impact_pipeline_tests.reports.examples import HOSTILE, catalog, scorecard
from impact_pipeline_tests.reports.markup import Markup

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)


def page(folder: Path, name: str) -> Markup:
    write_site([scorecard()], catalog(), folder, generated_at=NOON)
    return Markup((folder / name).read_text(encoding="utf-8"))


def test_the_page_has_a_place_for_every_name(tmp_path: Path) -> None:
    found = page(tmp_path, "glossary.html")
    identities = {attributes["id"] for _, attributes in found.elements if "id" in attributes}
    assert identities == {
        "metric-orders_per_user", "metric-bounce_rate", "metric-revenue_per_order", "fact-orders", "feature-orders_28d",
        "model-ranker",
    }  # fmt: skip
    assert "Orders per user orders_per_user · version 1 What users buy. Definition average over users" in found.text
    assert "Bounce rate bounce_rate · version 1 What users buy. Definition share of users" in found.text
    assert "orders where amount > 0, days 0 to 6 from exposure; lower is better" in found.text
    assert "ranker version 2 Ranks. Definition a model of search, with versions 1, 2" in found.text
    assert "Used by metric bounce_rate , metric orders_per_user , " in found.text
    assert "Used by ranker_v2 Versions 1: Yesterday's sessions. Versions 2: The same hour." in found.text
    assert found.live() == []


def test_names_on_a_studys_page_lead_to_it(tmp_path: Path) -> None:
    found = page(tmp_path, "studies/ranker_v2.html")
    links = {a["href"] for tag, a in found.elements if tag == "a"}
    assert {"../glossary.html#metric-orders_per_user", "../glossary.html#model-ranker"} <= links
    assert {"../glossary.html#feature-orders_28d", "../glossary.html#contract-orders"} <= links


def test_hostile_words_are_inert() -> None:
    terms = [Term("metric", "m", text, text, text, text, text, (text,), ()) for text in HOSTILE]
    assert Markup(glossary_body(terms, frozenset())).live() == []
    assert all(line.isprintable() for term in terms for line in (*lines(terms), *in_full(term)))


def test_a_terminal_shows_a_line_each_or_one_in_full() -> None:
    [found] = terms_named(catalog(), "ranker")
    assert list(lines([found])) == ["model ranker version 2 (team:search): a model of search, with versions 1, 2"]
    assert list(in_full(found)) == [
        "model ranker: ranker",
        "  is       a model of search, with versions 1, 2",
        "  says     Ranks.",
        "  owner    team:search",
        "  version  2",
        "  used by  study ranker_v2",
        "  changed  1: Yesterday's sessions.",
        "  changed  2: The same hour.",
    ]
