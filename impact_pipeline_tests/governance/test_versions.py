"""A document that means another thing than it did says so by its version."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.identity import digest
from impact_pipeline.errors import InputError
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_documents import KeptDocuments, documents_of
from impact_pipeline.governance.versions import version_faults, version_warnings, versioned_documents
from impact_pipeline_tests.governance.test_registration import NOW, edited, registry
from impact_pipeline_tests.small_shop import document, write_catalog

REVENUE, FACT, FEATURE = "metrics/revenue.yaml", "facts/orders.yaml", "features/revenue_before.yaml"
CONTRACT, PLAN = "contracts/orders.yaml", "studies/ranker_v2.yaml"
SHORTER = edited("window: {days: 3}", "window: {days: 2}", document(REVENUE))
PROPERTIES = "customProperties:\n  - {property: impact.eventAt, value: ordered_at}\n"


def catalog_with(home: Path, **files: str) -> Catalog:
    """The small shop's catalog, some documents written anew; `__` stands for `/` in their names."""
    return write_catalog(
        home / "catalog", changes={f"{name.replace('__', '/')}.yaml": text for name, text in files.items()}
    )


def bind(home: Path, catalog: Catalog, study: str = "ranker_v2") -> None:
    registry(home).register(catalog.study(study), "ready")


def told(home: Path, catalog: Catalog) -> list[str]:
    return [str(one) for one in version_faults(home, versioned_documents(catalog))]


def contract_of(home: Path) -> str:
    return (home / "catalog" / CONTRACT).read_text()


def test_a_metric_that_changed_and_kept_its_version_is_told(tmp_path: Path) -> None:
    bind(tmp_path, catalog_with(tmp_path))
    changed = catalog_with(tmp_path, metrics__revenue=SHORTER)
    assert told(tmp_path, changed) == [
        "metric revenue changed `window.days` since version 1 was registered by study ranker_v2: raise `version` and "
        "add a line to `change_log`"
    ]


def test_a_raised_version_with_a_line_in_its_log_says_it(tmp_path: Path) -> None:
    bind(tmp_path, catalog_with(tmp_path))
    text = SHORTER.replace("version: 1", "version: 2") + "change_log: ['2: two days are enough']\n"
    assert told(tmp_path, catalog_with(tmp_path, metrics__revenue=text)) == []


def test_a_raised_version_without_a_line_is_warned_of_and_binds(tmp_path: Path) -> None:
    bind(tmp_path, catalog_with(tmp_path))
    raised = catalog_with(tmp_path, metrics__revenue=SHORTER.replace("version: 1", "version: 2"))
    assert told(tmp_path, raised) == [
        "metric revenue is version 2 and was 1 when study ranker_v2 registered it: add a line to `change_log`"
    ]
    [issue] = version_warnings(tmp_path, raised)
    assert (issue.field, issue.level) == ("version", "warning")
    entry, _ = registry(tmp_path).amend(raised.study("ranker_v2"), "shorter")
    assert entry.event == "amendment"


def test_a_contract_without_a_line_for_its_version_is_warned_of(tmp_path: Path) -> None:
    catalog_with(tmp_path)
    plain = contract_of(tmp_path)
    bind(tmp_path, catalog_with(tmp_path, contracts__orders=plain))
    [found] = told(
        tmp_path, catalog_with(tmp_path, contracts__orders=plain.replace("version: 1.0.0", "version: 1.1.0"))
    )
    assert found.endswith("registered it: add an `impact.changeLog.<version>` to its customProperties")


def test_what_is_only_shown_needs_no_version(tmp_path: Path) -> None:
    bind(tmp_path, catalog_with(tmp_path))
    shown = catalog_with(
        tmp_path, metrics__revenue=edited("label: Revenue per user", "label: R", document(REVENUE)),
        facts__orders=edited("description: test", "description: Orders.", document(FACT)) + "change_log: [a line]\n",
        features__revenue_before=edited("unit: EUR", "unit: euro", document(FEATURE)) + "change_log: [a line]\n",
        contracts__orders=contract_of(tmp_path).replace("purpose: test", "purpose: orders"),
    )  # fmt: skip
    assert told(tmp_path, shown) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        (FACT, "expression: amount,", "expression: amount * 2,", "fact orders changed `measures.revenue.expression`"),
        (FEATURE, "lookback_days: 3", "lookback_days: 4", "feature revenue_before changed `lookback_days`"),
        (REVENUE, "better: higher", "better: lower", "metric revenue changed `better`"),
    ],
)
def test_facts_features_and_metrics_have_versions_and_logs(
    tmp_path: Path, file: str, old: str, new: str, field: str
) -> None:
    bind(tmp_path, catalog_with(tmp_path))
    name, text = file.removesuffix(".yaml").replace("/", "__"), edited(old, new, document(file))
    [found] = told(tmp_path, catalog_with(tmp_path, **{name: text}))
    assert found.startswith(f"{field} since version 1 was registered by study ranker_v2")
    raised = text.replace("version: 1", "version: 2") if "version: 1" in text else f"{text}version: 2\n"
    assert told(tmp_path, catalog_with(tmp_path, **{name: f"{raised}change_log: ['2: as it should be']\n"})) == []


def test_a_contract_says_its_changes_in_its_custom_properties(tmp_path: Path) -> None:
    catalog_with(tmp_path)
    plain = contract_of(tmp_path)
    bind(tmp_path, catalog_with(tmp_path, contracts__orders=plain + PROPERTIES))
    edit = PROPERTIES + "  - {property: impact.onBreach, value: quarantine}\n"
    [found] = told(tmp_path, catalog_with(tmp_path, contracts__orders=plain + edit))
    assert found.startswith("contract orders changed `customProperties.impact.onBreach` since version 1.0.0 was")
    assert found.endswith("raise `version` and add an `impact.changeLog.<version>` to its customProperties")
    logged = f"{edit}  - {{property: impact.changeLog.1.1.0, value: Bad rows are set aside.}}\n"
    raised = catalog_with(tmp_path, contracts__orders=plain.replace("version: 1.0.0", "version: 1.1.0") + logged)
    assert told(tmp_path, raised) == []
    assert raised.contracts["orders"].change_log == ("1.1.0: Bad rows are set aside.",)


def test_a_line_in_a_contracts_log_changes_no_meaning(tmp_path: Path) -> None:
    catalog_with(tmp_path)
    plain = contract_of(tmp_path) + PROPERTIES
    bind(tmp_path, catalog_with(tmp_path, contracts__orders=plain))
    line = "  - {property: impact.changeLog.1.0.0, value: The first.}\n"
    assert told(tmp_path, catalog_with(tmp_path, contracts__orders=plain + line)) == []


def test_a_plan_cannot_bind_what_another_bound_otherwise_under_the_version(tmp_path: Path) -> None:
    bind(tmp_path, catalog_with(tmp_path))
    other = document(PLAN).replace("name: ranker_v2", "name: ranker_v3")
    changed = catalog_with(tmp_path, metrics__revenue=SHORTER, studies__ranker_v3=other)
    with pytest.raises(InputError, match=r"metric revenue changed `window.days` since version 1 was registered by"):
        bind(tmp_path, changed, "ranker_v3")
    assert [entry.study for entry in Ledger(tmp_path).entries()] == ["ranker_v2"]


def test_the_content_that_was_bound_last_counts(tmp_path: Path) -> None:
    """A version with two meanings, from before this was held against each other, is what it was last."""
    bind(tmp_path, catalog_with(tmp_path))
    changed = catalog_with(tmp_path, metrics__revenue=SHORTER)
    digests = KeptDocuments(tmp_path).keep(documents_of(changed.study("ranker_v2")))
    bound = {"study": "before", "documents": dict(digests)}
    Ledger(tmp_path).append("registration", bound, actor="ada", now=NOW)
    assert told(tmp_path, changed) == []
    [found] = told(tmp_path, catalog_with(tmp_path))
    assert "since version 1 was registered by study before" in found


def test_an_amendment_needs_the_version_too(tmp_path: Path) -> None:
    bind(tmp_path, catalog_with(tmp_path))
    with pytest.raises(InputError, match="raise `version` and add a line to `change_log`"):
        registry(tmp_path).amend(catalog_with(tmp_path, metrics__revenue=SHORTER).study("ranker_v2"), "shorter")
    assert [entry.event for entry in Ledger(tmp_path).entries()] == ["registration"]


def test_measures_that_no_study_read_yet_may_change(tmp_path: Path) -> None:
    text = document(FACT) + '  lines: {expression: "1", unit: line}\n'
    bind(tmp_path, catalog_with(tmp_path, facts__orders=text))
    changed = edited('lines: {expression: "1"', 'lines: {expression: "2"', text)
    assert told(tmp_path, catalog_with(tmp_path, facts__orders=changed)) == []


def test_each_measure_is_held_against_what_was_bound_last_of_it(tmp_path: Path) -> None:
    bind(tmp_path, catalog_with(tmp_path))
    narrow = document(PLAN).replace("name: ranker_v2", "name: ranker_v3").replace("role: success", "role: exploratory")
    narrow = narrow.replace("web_buyers, role: exploratory", "web_buyers, role: success")
    for metric in ("revenue", "late_revenue_per_order", "price"):
        narrow = narrow.replace(f"  - {{metric: {metric}, role: exploratory}}\n", "")
    bind(tmp_path, catalog_with(tmp_path, studies__ranker_v3=narrow), "ranker_v3")
    text = edited("expression: amount,", "expression: amount * 2,", document(FACT))
    [found] = told(tmp_path, catalog_with(tmp_path, facts__orders=text))
    assert "`measures.revenue.expression`" in found


def test_warnings_stand_where_the_change_is_written(tmp_path: Path) -> None:
    bind(tmp_path, catalog_with(tmp_path))
    changed = catalog_with(tmp_path, metrics__revenue=SHORTER)
    [issue] = version_warnings(tmp_path, changed)
    assert str(issue).startswith(f"{REVENUE}:11: warning: window.days: changed `window.days` since version 1 was")


def test_documents_without_a_log_are_what_they_were(tmp_path: Path) -> None:
    """Digests of documents written before there were logs and versions of facts."""
    catalog = catalog_with(tmp_path)
    assert digest(catalog.facts["orders"])[:16] == "6c847b6d139a0b92"
    assert digest(catalog.features["revenue_before"])[:16] == "5cc27a40d6b8c7b1"
