"""Data completeness: were all input days there?"""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import BLOCKS_RANDOMISED, RANDOMISED
from impact_pipeline.diagnostics.base import Evidence, Finding

DAYS_NAMED = 5


class DataCompleteness:
    """Every day of every dataset the look wanted. A missing day lowers totals, perhaps not equally in all arms."""

    name: ClassVar[str] = "data_completeness"
    designs: ClassVar[frozenset[str]] = RANDOMISED | BLOCKS_RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        missing = {dataset: sorted(days) for dataset, days in sorted(evidence.missing_days.items()) if days}
        count = sum(len(days) for days in missing.values())
        if not count:
            return Finding(self.name, True, 0, 0, "Every input day is there.", "hold", {})
        listed = "; ".join(f"{dataset}: {_listed([str(day) for day in days])}" for dataset, days in missing.items())
        days_are = "1 input day is" if count == 1 else f"{count} input days are"
        details = {dataset: len(days) for dataset, days in missing.items()}
        return Finding(self.name, False, count, 0, f"{days_are} missing ({listed}).", "hold", details)


def _listed(days: list[str]) -> str:
    more = len(days) - DAYS_NAMED
    return ", ".join(days[:DAYS_NAMED]) + (f" and {more} more" if more > 0 else "")
