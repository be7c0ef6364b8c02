"""One staged day judged by its contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from impact_pipeline.catalog.contract import Contract
from impact_pipeline.contracts.compiled import count_where, run_compiled
from impact_pipeline.contracts.drift import Drift, schema_drift
from impact_pipeline.contracts.gx import frame_of, gx_name, run_with_gx
from impact_pipeline.contracts.quarantine import REASONS, judged_rows
from impact_pipeline.contracts.report import Freshness, RuleResult, ValidationReport
from impact_pipeline.contracts.suite import Rule, rules_of
from impact_pipeline.contracts.typed import LATE, STAGED, judged_column, typed_rows
from impact_pipeline.engines.base import Engine, ParquetFiles
from impact_pipeline.lake.staging import StagedDay

GX_ROWS = 100_000


def validate_day(
    contract: Contract, staged: StagedDay, files: ParquetFiles, engine: Engine, *, gx_rows: int = GX_ROWS
) -> ValidationReport:
    """The report on one staged day. Up to `gx_rows` rows are judged by Great Expectations, more by one statement.

    Rows cannot be judged when columns are missing or of another kind: such a day is refused by its drift alone.
    """
    drift = schema_drift(contract, staged, files.schema)
    by_gx = staged.rows <= gx_rows
    judge = gx_name() if by_gx else engine.name
    if not drift.passed:
        return _report(contract, staged, judge, staged.rows, 0, drift, None, ())
    rules = tuple(rule for rule in rules_of(contract) if rule.level != "table")
    results = (_by_gx if by_gx else _by_engine)(contract, rules, staged, files, engine)
    totals = engine.table(_totals_query(contract, staged.day, files), {STAGED: files}).to_pylist()[0]
    rows, quarantined = int(totals["total"]), int(totals["quarantined"])
    return _report(contract, staged, judge, rows, quarantined, drift, _freshness(contract, totals), results)


def _by_gx(
    contract: Contract, rules: tuple[Rule, ...], staged: StagedDay, files: ParquetFiles, engine: Engine
) -> tuple[RuleResult, ...]:
    column_of = judged_column(contract)
    names = dict.fromkeys(name for rule in rules for name in rule.columns) or {contract.columns[0].name: None}
    columns = [exp.alias_(column_of(name), name, quoted=True) for name in names]
    query = exp.select(*columns).from_(typed_rows(contract, staged.day, files.schema).subquery("typed_rows"))
    return run_with_gx(rules, frame_of(engine.table(query, {STAGED: files})))


def _by_engine(
    contract: Contract, rules: tuple[Rule, ...], staged: StagedDay, files: ParquetFiles, engine: Engine
) -> tuple[RuleResult, ...]:
    rows = typed_rows(contract, staged.day, files.schema)
    return run_compiled(rules, rows, engine, {STAGED: files}, judged_column(contract))


def _totals_query(contract: Contract, day: str, files: ParquetFiles) -> exp.Select:
    """Rows, rows to set aside, and rows ingested too late."""
    counts: dict[str, exp.Expr] = {
        "total": exp.Count(this=exp.Star()),
        "quarantined": count_where(exp.column(REASONS, quoted=True).neq(exp.Literal.string(""))),
    }
    if contract.ingested_at and contract.latency_hours is not None:
        counts["late"] = count_where(exp.column(contract.ingested_at + LATE, quoted=True))
    return judged_rows(contract, day, files.schema).select(*(exp.alias_(count, name) for name, count in counts.items()))


def _freshness(contract: Contract, totals: Mapping[str, int]) -> Freshness | None:
    """None when the contract sets no latency, or no column says when rows were ingested."""
    if "late" not in totals or contract.latency_hours is None:
        return None
    return Freshness(contract.latency_hours, int(totals["late"]))


def _report(
    contract: Contract,
    staged: StagedDay,
    judge: str,
    rows: int,
    quarantined: int,
    drift: Drift,
    freshness: Freshness | None,
    results: tuple[RuleResult, ...],
) -> ValidationReport:
    refusals = (*drift.breaches, *_refusals(contract, rows, quarantined, freshness, results))
    return ValidationReport(
        contract.name, staged.day, contract.version, staged.fingerprint, judge, rows, quarantined, drift, freshness,
        results, refusals,
    )  # fmt: skip


def _refusals(
    contract: Contract, rows: int, quarantined: int, freshness: Freshness | None, results: tuple[RuleResult, ...]
) -> Iterator[str]:
    broken = [result for result in results if result.severity == "error" and not result.success]
    yield from (result.sentence for result in broken if result.level == "partition" or contract.on_breach == "fail")
    share, allowed = quarantined / rows if rows else 0.0, contract.max_quarantined_share
    if contract.on_breach == "quarantine" and share > allowed:
        yield f"{quarantined} of {rows} rows would be quarantined; impact.maxQuarantinedShare is {allowed:g}"
    if freshness is not None and not freshness.passed:
        late = f"{freshness.late_rows} of {rows} rows were ingested more than {freshness.latency_hours:g} hours"
        yield f"{late} after the end of the day (slaProperties latency)"
