"""The stages of one day of data: extract, validate, publish, fold. Features have a module of their own."""

from __future__ import annotations

from datetime import date

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.fact import Fact
from impact_pipeline.contracts.publish import PublishedDay, judged_day, publish_day
from impact_pipeline.contracts.report import ValidationReport
from impact_pipeline.outcomes.fold import LOGIC as FOLD_LOGIC
from impact_pipeline.outcomes.fold import fold_day
from impact_pipeline.sources.extract import extract_day
from impact_pipeline.stages.outcome import ColumnLineage, Outcome, columns_of, outcome_of
from impact_pipeline.stages.workspace import Workspace

RAW_LOGIC = "raw/1"
TRUSTED_LOGIC = "trusted/1"


def extract(workspace: Workspace, dataset: str, day: date) -> Outcome:
    """Stage `raw/<dataset>` of one day."""
    staged = extract_day(
        workspace.catalog, dataset, day, staging=workspace.lake.staging, home=workspace.home,
        environ=workspace.environ, generation=workspace.generation,
    )  # fmt: skip
    _, files = workspace.lake.staging.read(dataset, day.isoformat())
    facts = {key: value for key, value in staged.facts.items() if isinstance(value, str | int | float)}
    return Outcome(staged.rows, staged.fingerprint, RAW_LOGIC, columns=columns_of(files.schema), facts=facts)


def validate(workspace: Workspace, dataset: str, day: date) -> ValidationReport:
    """Judge the staged day by its contract; stored, so that publishing does not judge it again."""
    contract = workspace.catalog.contracts[dataset]
    staged, files = workspace.lake.staging.read(dataset, day.isoformat())
    return judged_day(contract, workspace.lake, workspace.engine, staged, files)


def publish(workspace: Workspace, dataset: str, day: date) -> tuple[Outcome, Outcome]:
    """Publish `trusted/<dataset>` and `quarantine/<dataset>` of one day; refuses a day that breaks its contract."""
    contract, lake = workspace.catalog.contracts[dataset], workspace.lake
    done = publish_day(contract, lake, workspace.engine, day.isoformat(), generation=workspace.generation)
    upstream = {f"raw/{dataset}": str(done.trusted.state.facts["staged_fingerprint"])}
    lineage: ColumnLineage = {c.name: ((("raw", dataset), c.name),) for c in contract.columns}
    facts = _published_facts(done, contract.version)
    trusted = outcome_of(
        lake.trusted(dataset), done.trusted, TRUSTED_LOGIC, lineage=lineage, upstream=upstream, facts=facts
    )
    quarantine = outcome_of(
        lake.quarantine(dataset), done.quarantine, TRUSTED_LOGIC, lineage=lineage, upstream=upstream, facts=facts
    )
    return trusted, quarantine


def _published_facts(done: PublishedDay, contract_version: str) -> dict[str, str | int]:
    trusted, quarantined = done.trusted.state.rows, done.quarantine.state.rows
    return {
        "contract_version": contract_version,
        "rows_in": trusted + quarantined,
        "rows_trusted": trusted,
        "rows_quarantined": quarantined,
    }


def fold(workspace: Workspace, fact_name: str, day: date) -> Outcome:
    """Publish `unit_days/<fact>` of one day."""
    catalog, lake = workspace.catalog, workspace.lake
    fact = catalog.facts[fact_name]
    done = fold_day(catalog, fact, day, lake=lake, engine=workspace.engine, generation=workspace.generation)
    upstream = {f"trusted/{fact.dataset}": str(done.state.facts["fingerprint_in"])}
    facts = {"rows_in": int(done.state.facts["rows_in"])}
    return outcome_of(
        lake.unit_days(fact_name), done, FOLD_LOGIC, lineage=fact_lineage(catalog, fact), upstream=upstream, facts=facts
    )


def fact_lineage(catalog: Catalog, fact: Fact) -> ColumnLineage:
    """Each measure's trusted columns, read off the tree the engine runs."""
    source = ("trusted", fact.dataset)
    identifier = catalog.contracts[fact.dataset].identifier_of(fact.entity) or ""
    measures = {
        name: tuple((source, column) for column in catalog.compile(fact.dataset, measure.expression, "number").columns)
        for name, measure in fact.measures.items()
    }
    return {"unit": ((source, identifier),), **measures}
