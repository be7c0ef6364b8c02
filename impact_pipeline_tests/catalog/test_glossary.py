"""Every name of the catalog has its meaning, its version, its owner and its users."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.glossary import KINDS, Term, glossary, terms_named
from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.errors import InputError
from impact_pipeline_tests.catalog.test_schemas import BUNDLED
from impact_pipeline_tests.small_shop import document, write_catalog


@pytest.fixture(scope="module")
def bundled() -> Catalog:
    return read_catalog(BUNDLED)


def term(catalog: Catalog, kind: str, name: str) -> Term:
    [found] = [one for one in terms_named(catalog, name) if one.kind == kind]
    return found


def test_every_bundled_document_of_a_kind_with_a_meaning_is_a_term(bundled: Catalog) -> None:
    found = [(one.kind, one.name) for one in glossary(bundled)]
    assert sorted(found) == sorted((kind, name) for kind in KINDS for name in bundled.of_kind(kind))
    assert all(one.definition and one.description and one.owner and one.version for one in glossary(bundled))


@pytest.mark.parametrize(
    ("kind", "name", "definition"),
    [
        (
            "metric",
            "revenue_per_user",
            "average over users of total revenue, days 0 to 6 from exposure; higher",
        ),
        (
            "metric",
            "margin_per_user",
            "average over users of 0.3 * revenue_per_user - fulfilment_cost",
        ),
        ("fact", "tickets", "rows of tickets, each about one user; tickets (tickets): 1"),
        (
            "feature",
            "sessions_14d_before",
            "the sum of 1 (sessions) over a user's rows of sessions, in the 14",
        ),
        ("feature", "user_country", "the newest country over a user's rows of users, in the 730 days before"),
        (
            "feature",
            "orders_7d_learnt",
            "what a model expects of a user's orders.orders (orders) in the next 7",
        ),
        ("model", "search_ranker", "a model of search, with versions v6, v7"),
        ("contract", "river_flows", "a dataset with columns river_id, flowed_in, volume"),
    ],
)
def test_definitions_are_in_words(bundled: Catalog, kind: str, name: str, definition: str) -> None:
    assert term(bundled, kind, name).definition.startswith(definition)


def test_who_uses_a_name_is_told(bundled: Catalog) -> None:
    assert ("metric", "margin_per_user") in term(bundled, "metric", "revenue_per_user").used_by
    assert ("study", "ranker_v7") in term(bundled, "metric", "revenue_per_user").used_by
    assert ("feature", "orders_7d_learnt") in term(bundled, "feature", "orders_14d_before").used_by
    assert {("fact", "tickets"), ("study", "ranker_v7")} <= set(term(bundled, "contract", "tickets").used_by)
    assert term(bundled, "model", "search_ranker").used_by == (("study", "ranker_v7"), ("study", "search_aa"))


def test_versions_and_change_logs_are_told(tmp_path: Path, bundled: Catalog) -> None:
    assert term(bundled, "model", "search_ranker").version == "v7"
    assert term(bundled, "model", "search_ranker").change_log[1] == "v7: Learns from orders instead of clicks."
    fact = document("facts/orders.yaml") + "version: 2\nchange_log: ['2: refunds are out']\n"
    found = term(write_catalog(tmp_path, changes={"facts/orders.yaml": fact}), "fact", "orders")
    assert (found.version, found.change_log) == ("2", ("2: refunds are out",))
    assert term(bundled, "contract", "orders").version == "1.0.0"


def test_a_name_of_several_kinds_is_told_for_each(bundled: Catalog) -> None:
    assert [one.kind for one in terms_named(bundled, "orders")] == ["fact", "contract"]


def test_a_name_that_is_not_there_is_told_with_what_is_near(bundled: Catalog) -> None:
    with pytest.raises(InputError, match="or contract 'revenue_per_usr'; near to it are revenue_per_user"):
        terms_named(bundled, "revenue_per_usr")
    with pytest.raises(InputError, match="'zzz'; `impact glossary` lists all"):
        terms_named(bundled, "zzz")
