"""A staged day published: rows that broke rules to quarantine first, the others to trusted last.

A day is published whole or not at all. After a kill between the two tables a second run finds the quarantine current
and publishes what is missing; readers see trusted rows only when both are there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp

from impact_pipeline.catalog.contract import Contract
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.meaning import definition
from impact_pipeline.contracts.quarantine import quarantine_schema, quarantined_rows, trusted_rows
from impact_pipeline.contracts.report import ValidationReport
from impact_pipeline.contracts.typed import STAGED
from impact_pipeline.contracts.validate import GX_ROWS, validate_day
from impact_pipeline.contracts.verdicts import verdicts_of
from impact_pipeline.engines.base import Engine, ParquetFiles
from impact_pipeline.errors import ContractBreach, LakeError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.staging import StagedDay
from impact_pipeline.lake.tables import LakeTable, PartitionState, Publication

RULES_VERSION = "contracts/1"
"""Names how rows are typed and judged; a change of it makes every day be judged and published again."""

Rows = Callable[[Contract, str, pa.Schema], exp.Select]


@dataclass(frozen=True, slots=True)
class PublishedDay:
    trusted: Publication
    quarantine: Publication
    report: ValidationReport


def publish_day(
    contract: Contract, lake: Lake, engine: Engine, day: str, *, generation: str, gx_rows: int = GX_ROWS
) -> PublishedDay:
    """Judge the staged day and publish it; raises `ContractBreach`, and publishes nothing, when it is refused.

    What stood published for the day before stays then. The same rows under the same contract make no new version.
    """
    staged, files = _staged(lake, contract.name, day)
    report = judged_day(contract, lake, engine, staged, files, gx_rows=gx_rows)
    if not report.accepted:
        raise ContractBreach(_refusal(report))
    quarantine = _publish(
        lake.quarantine(contract.name), contract, engine, staged, files, report, quarantined_rows, generation
    )
    trusted = _publish(lake.trusted(contract.name), contract, engine, staged, files, report, trusted_rows, generation)
    return PublishedDay(trusted, quarantine, report)


def judged_day(
    contract: Contract, lake: Lake, engine: Engine, staged: StagedDay, files: ParquetFiles, *, gx_rows: int = GX_ROWS
) -> ValidationReport:
    """The stored report, when it judged exactly this delivery under this contract; a new one, stored, otherwise."""
    key, verdicts = _judgement(contract, staged, gx_rows), verdicts_of(lake)
    report = verdicts.find(contract.name, staged.day, key)
    if report is None:
        report = validate_day(contract, staged, files, engine, gx_rows=gx_rows)
        verdicts.keep(report, key)
    return report


def refused(contract: Contract, lake: Lake, staged: StagedDay) -> bool:
    """Whether exactly this delivery was judged by exactly this contract, and refused."""
    report = verdicts_of(lake).find(contract.name, staged.day, _judgement(contract, staged, GX_ROWS))
    return report is not None and not report.accepted


def is_published(contract: Contract, standing: PartitionState | None, staged: StagedDay) -> bool:
    """Whether a day was published from this delivery by the contract as it is now. One of before told no contract."""
    if standing is None or standing.facts["staged_fingerprint"] != staged.fingerprint:
        return False
    meant = definition("contract", contract)
    return bool(standing.facts.get("contract", meant) == meant)


def _judgement(contract: Contract, staged: StagedDay, gx_rows: int) -> str:
    """Names one delivery judged by one contract."""
    delivered = {name: staged.facts.get(name) for name in ("columns", "unknown_columns", "untyped")}
    return digest(staged.fingerprint, delivered, definition("contract", contract), RULES_VERSION, gx_rows)


def _staged(lake: Lake, dataset: str, day: str) -> tuple[StagedDay, ParquetFiles]:
    try:
        return lake.staging.read(dataset, day)
    except (pa.ArrowException, OSError) as error:
        fault = f"the staged file cannot be read ({type(error).__name__})"
        raise LakeError(f"raw/{dataset} {day}: {fault}; materialize raw/{dataset} again") from None


def _publish(
    table: LakeTable, contract: Contract, engine: Engine, staged: StagedDay, files: ParquetFiles,
    report: ValidationReport, rows: Rows, generation: str,
) -> Publication:  # fmt: skip
    meant = definition("contract", contract)
    made_from = digest(staged.fingerprint, meant, RULES_VERSION)
    current = table.current(made_from, staged.day)
    if current is not None:
        return current
    facts = {
        "staged_fingerprint": staged.fingerprint,
        "contract_version": contract.version,
        "contract": meant,
        "rows_in": report.rows,
        "rows_out": report.rows - report.quarantined,
        "rows_quarantined": report.quarantined,
    }
    if rows is quarantined_rows and not report.quarantined:
        none = pa.RecordBatchReader.from_batches(quarantine_schema(contract), [])
        return table.publish(none, generation=generation, input_digest=made_from, partition=staged.day, facts=facts)
    with engine.batches(rows(contract, staged.day, files.schema), {STAGED: files}) as reader:
        return table.publish(reader, generation=generation, input_digest=made_from, partition=staged.day, facts=facts)


def _refusal(report: ValidationReport) -> str:
    reasons = "\n".join(f"  - {reason}" for reason in report.refusals)
    return (
        f"trusted/{report.dataset} {report.day} is refused by contract version {report.contract_version}; nothing of "
        f"the day was published:\n{reasons}\nMend the source and materialize raw/{report.dataset} for {report.day} "
        f"again, or change the contract if it promises too much"
    )
