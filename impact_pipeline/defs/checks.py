"""Checks of days: of contracts, with counts and never a value, one of which decides what is published; of models."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.feature_inputs import dataset_of
from impact_pipeline.contracts.report import RuleResult, ValidationReport
from impact_pipeline.contracts.uniqueness import table_rules, table_uniqueness
from impact_pipeline.defs.partitions import days_of
from impact_pipeline.defs.resources import WorkspaceResource
from impact_pipeline.stages.data import validate
from impact_pipeline.stages.feature import skill_of
from impact_pipeline.stages.guarded import guarded, note_refusal

SCHEMA, FRESHNESS, ROWS, VOLUME, ACCEPTED = "schema", "freshness", "rows", "volume", "contract_accepted"
LEARNT = "learnt"


def contract_checks(catalog: Catalog, dataset: str) -> dg.AssetChecksDefinition:
    """The checks of `raw/<dataset>`. Only `contract_accepted` blocks; the others say which promises were broken."""
    contract, days, key = catalog.contracts[dataset], days_of(catalog.source_of(dataset)), ["raw", dataset]
    told = {
        SCHEMA: "Columns and types are those the contract promises.",
        ROWS: "Every row keeps every rule; a row that does not is set aside or refuses the day.",
        VOLUME: "Rules about the day as a whole, its number of rows among them.",
        **({FRESHNESS: "Rows were received in time."} if contract.latency_hours is not None else {}),
    }
    specs = [dg.AssetCheckSpec(name, asset=key, description=d, partitions_def=days) for name, d in told.items()]
    blocking = "The day may be published; when this fails, nothing of it is."
    accepted = dg.AssetCheckSpec(ACCEPTED, asset=key, description=blocking, blocking=True, partitions_def=days)

    @dg.multi_asset_check(name=f"check_{dataset}", specs=[*specs, accepted])
    def check(context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource) -> Iterator[dg.AssetCheckResult]:
        opened, day = workspace.open(catalog), date.fromisoformat(context.partition_key)
        report = guarded(opened, f"trusted/{dataset}", day.isoformat(), lambda: validate(opened, dataset, day))
        if not report.accepted:
            note_refusal(opened, report)
        yield from _results(report)

    return check


def uniqueness_check(catalog: Catalog, dataset: str) -> dg.AssetChecksDefinition | None:
    """Keys that must be unique over the whole table, checked whenever a day of `trusted/<dataset>` is published."""
    contract, days = catalog.contracts[dataset], days_of(catalog.source_of(dataset))
    rules, key = table_rules(contract), ["trusted", dataset]
    if not rules:
        return None
    specs = [dg.AssetCheckSpec(f"{rule.name}_in_table", asset=key, partitions_def=days) for rule in rules]

    @dg.multi_asset_check(name=f"check_table_{dataset}", specs=specs)
    def check(context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource) -> Iterator[dg.AssetCheckResult]:
        opened = workspace.open(catalog)
        for found in table_uniqueness(contract, opened.lake, opened.engine):
            facts = {"repeated_keys": found.repeated_keys, "repeated_rows": found.repeated_rows}
            yield dg.AssetCheckResult(
                check_name=f"{found.rule}_in_table",
                asset_key=key,
                passed=found.success,
                metadata={**facts, "days": ", ".join(found.days) or "none"},
                severity=_severity(found.severity == "error"),
            )

    return check


def learnt_check(catalog: Catalog, view: str) -> dg.AssetChecksDefinition:
    """Whether a learnt feature's day has a model that explains units it did not see: without one it adjusts nothing."""
    days, key = days_of(catalog.source_of(dataset_of(catalog, catalog.features[view]))), ["features", view]
    told = "The day has a model, and it explains totals of units that it did not see."

    @dg.asset_check(name=LEARNT, asset=dg.AssetKey(key), description=told, partitions_def=days)
    def check(context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource) -> dg.AssetCheckResult:
        found = skill_of(workspace.open(catalog), view, date.fromisoformat(context.partition_key))
        return dg.AssetCheckResult(passed=found.passed, metadata=dict(found.facts), severity=_severity(False))

    return check


def _results(report: ValidationReport) -> Iterator[dg.AssetCheckResult]:
    drift = report.drift
    told = {name: ", ".join(map(str, getattr(drift, name))) for name in ("added", "missing", "retyped", "reordered")}
    notes = {"breaches": "; ".join(drift.breaches), "notes": "; ".join(drift.notes)}
    found = {name: text or "none" for name, text in {**told, **notes}.items()}
    yield _result(report, SCHEMA, drift.passed, found, error=True)
    if report.freshness is not None:
        fresh = report.freshness
        facts: dict[str, Any] = {"late_rows": fresh.late_rows, "latency_hours": fresh.latency_hours}
        yield _result(report, FRESHNESS, fresh.passed, facts, error=True)
    for name, level in ((ROWS, "row"), (VOLUME, "partition")):
        rules = [result for result in report.results if result.level == level]
        yield _result(report, name, all(rule.success for rule in rules), _counts(rules), error=not report.accepted)
    refusals = "\n".join(report.refusals) or "none"
    facts = {"rows": report.rows, "quarantined": report.quarantined, "refusals": refusals}
    yield _result(report, ACCEPTED, report.accepted, {**facts, "evaluated_by": report.evaluated_by}, error=True)


def _result(
    report: ValidationReport, name: str, passed: bool, facts: Mapping[str, Any], *, error: bool
) -> dg.AssetCheckResult:
    shown = {"contract_version": report.contract_version, **facts}
    return dg.AssetCheckResult(
        check_name=name, asset_key=["raw", report.dataset], passed=passed, metadata=shown, severity=_severity(error)
    )


def _counts(rules: Sequence[RuleResult]) -> dict[str, Any]:
    """How many rules hold, and a table with each rule's counts, broken ones first. Never a value."""
    rows = ["| rule | expectation | holds | rows | missing | unexpected |", "|---|---|---|---|---|---|"]
    for rule in sorted(rules, key=lambda rule: rule.success):
        elements = rule.observed_value if rule.element_count is None else rule.element_count
        cells = (
            rule.rule,
            rule.type,
            "yes" if rule.success else "no",
            elements,
            rule.missing_count,
            rule.unexpected_count,
        )
        rows.append("| " + " | ".join("" if cell is None else str(cell) for cell in cells) + " |")
    broken = [rule.rule for rule in rules if not rule.success]
    return {"rules": len(rules), "broken": ", ".join(broken) or "none", "counts": dg.MetadataValue.md("\n".join(rows))}


def _severity(error: bool) -> dg.AssetCheckSeverity:
    return dg.AssetCheckSeverity.ERROR if error else dg.AssetCheckSeverity.WARN
