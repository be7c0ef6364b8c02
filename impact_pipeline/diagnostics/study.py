"""All findings of a study at one look."""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.base import Diagnostic, Evidence, Finding
from impact_pipeline.diagnostics.registry import DIAGNOSTICS


def diagnose(study: Study, evidence: Evidence, diagnostics: Sequence[Diagnostic] = DIAGNOSTICS) -> tuple[Finding, ...]:
    """One finding for each diagnostic; one that does not apply to the design says so."""
    return tuple(_finding(study, evidence, diagnostic) for diagnostic in diagnostics)


def _finding(study: Study, evidence: Evidence, diagnostic: Diagnostic) -> Finding:
    design = study.plan.design.type
    if design in diagnostic.designs:
        return diagnostic.check(study, evidence)
    sentence = f"Not asked of a {design} design."
    return Finding(diagnostic.name, None, None, None, sentence, "none", {})
