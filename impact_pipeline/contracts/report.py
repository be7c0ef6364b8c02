"""What validation found out about one day: counts, and names of the contract. Never a value of a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from impact_pipeline.contracts.drift import Drift
from impact_pipeline.contracts.suite import NOT_NULL, ROW_COUNT, Level, Rule, Severity


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule's counts. A row count rule has `observed_value` alone; not-null and row-count rules miss nothing."""

    rule: str
    type: str
    column: str | None
    level: Level
    severity: Severity
    success: bool
    element_count: int | None = None
    missing_count: int | None = None
    unexpected_count: int | None = None
    observed_value: int | None = None

    @property
    def gx_result(self) -> Mapping[str, int | float | None]:
        """The counts and percentages in the shape of Great Expectations' SUMMARY result."""
        if self.element_count is None or self.unexpected_count is None:
            return {"observed_value": self.observed_value}
        elements, unexpected, missing = self.element_count, self.unexpected_count, self.missing_count
        counts = {"element_count": elements, "unexpected_count": unexpected}
        if missing is None:
            return {**counts, "unexpected_percent": _percent(unexpected, elements)}
        of_present = _percent(unexpected, elements - missing)
        return {
            **counts,
            "unexpected_percent": of_present,
            "missing_count": missing,
            "missing_percent": _percent(missing, elements),
            "unexpected_percent_total": _percent(unexpected, elements),
            "unexpected_percent_nonmissing": of_present,
        }

    @property
    def sentence(self) -> str:
        if self.type == ROW_COUNT:
            return f"{self.rule}: {self.observed_value} rows"
        return f"{self.rule}: {self.unexpected_count} of {self.element_count} rows break it"


def counted(rule: Rule, elements: int, missing: int, unexpected: int) -> RuleResult:
    """The result of a rule from its counts. Like Great Expectations: with nothing to judge, the rule holds."""
    if rule.type == ROW_COUNT:
        lower, upper = rule.kwargs.get("min_value", 0), rule.kwargs.get("max_value", elements)
        success = isinstance(lower, int) and isinstance(upper, int) and lower <= elements <= upper
        return RuleResult(
            rule.name, rule.type, rule.column, rule.level, rule.severity, success, observed_value=elements
        )
    judged = elements if rule.type == NOT_NULL else elements - missing
    mostly = rule.kwargs.get("mostly", 1)
    success = judged == 0 or (isinstance(mostly, int | float) and (judged - unexpected) / judged >= mostly)
    return RuleResult(
        rule.name, rule.type, rule.column, rule.level, rule.severity, success,
        elements, None if rule.type == NOT_NULL else missing, unexpected,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Freshness:
    """Rows that were ingested after the deadline: `latency_hours` after the end of the day (UTC)."""

    latency_hours: float
    late_rows: int

    @property
    def passed(self) -> bool:
        return self.late_rows == 0


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The verdict on one staged day. `refusals` says why nothing of it may be published; empty when it may."""

    dataset: str
    day: str
    contract_version: str
    staged_fingerprint: str
    evaluated_by: str
    rows: int
    quarantined: int
    drift: Drift
    freshness: Freshness | None
    results: tuple[RuleResult, ...]
    refusals: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        return not self.refusals

    @property
    def quarantined_share(self) -> float:
        return self.quarantined / self.rows if self.rows else 0.0

    @property
    def failed(self) -> tuple[RuleResult, ...]:
        return tuple(failed_of(self.results))


def failed_of(results: Iterable[RuleResult]) -> Iterable[RuleResult]:
    return (result for result in results if not result.success)


def _percent(part: int, whole: int) -> float | None:
    return part / whole * 100 if whole else None
