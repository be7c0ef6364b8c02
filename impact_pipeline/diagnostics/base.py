"""What a diagnostic takes and returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal, Protocol

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.plan import Basis
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.stats.random_halves import RejectionRate

Consequence = Literal["none", "lower_grade", "never_ship", "hold", "invalidate"]
"""What a failed finding does: nothing, grade B, grade D, no ship and no rollback, or the whole study is invalid."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a diagnostic. `passed` is None where it does not apply, has nothing to judge yet, or only informs.

    `asks` and `pass_means` are the question in words and what a pass would tell, where the diagnostic says so; `metric`
    is the one it is about, where it is about one.
    """

    diagnostic: str
    passed: bool | None
    statistic: float | None
    threshold: float | None
    sentence: str
    consequence: Consequence
    details: Mapping[str, float | int | str]
    asks: str = ""
    pass_means: str = ""
    metric: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a diagnostic may look at: cells, and which input days the look wanted and did not find.

    Where units are assigned apart from being exposed, `by_basis` holds the cells of both bases, and `unassigned_units`
    counts those that were exposed to an arm without having been assigned to it. `random_halves` says by metric how
    often its estimator rejects between halves of control.
    """

    cells: Cells
    as_of: date
    missing_days: Mapping[str, tuple[date, ...]]
    by_basis: Mapping[Basis, Cells] = field(default_factory=dict)
    unassigned_units: int | None = None
    random_halves: Mapping[str, RejectionRate] = field(default_factory=dict)


class Diagnostic(Protocol):
    name: ClassVar[str]
    designs: ClassVar[frozenset[str]]

    def check(self, study: Study, evidence: Evidence) -> Finding: ...
