"""All findings of a study at one look."""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.base import Diagnostic, Evidence, Finding
from impact_pipeline.diagnostics.registry import diagnostics


def diagnose(study: Study, evidence: Evidence, asked: Sequence[Diagnostic] | None = None) -> tuple[Finding, ...]:
    """One finding for each diagnostic, by default for all there are; one that does not apply to the design says so."""
    return tuple(_finding(study, evidence, diagnostic) for diagnostic in (diagnostics() if asked is None else asked))


def _finding(study: Study, evidence: Evidence, diagnostic: Diagnostic) -> Finding:
    design = study.plan.design.type
    if design in diagnostic.designs:
        return diagnostic.check(study, evidence)
    return Finding(diagnostic.name, None, None, None, not_asked(design), "none", {})


def not_asked(design: str) -> str:
    """What is said of a diagnostic that does not apply."""
    return f"Not asked of a {design} design."
