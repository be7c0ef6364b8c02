"""Everything one look concluded, joined and given its identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.decisions.base import Provenance, Scorecard
from impact_pipeline.decisions.verdict import decide
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.governance.standing import Standing
from impact_pipeline.kpis.impact import impact_of
from impact_pipeline.kpis.seen import Seen


def scorecard_of(
    study: Study,
    seen: Seen,
    findings: Sequence[Finding],
    estimates: StudyEstimates,
    *,
    as_of: date,
    code_version: str,
    engine: str,
    inputs: Mapping[str, Mapping[str, str]],
    standing: Standing,
) -> Scorecard:
    """`inputs`: trusted dataset or feature -> day -> fingerprint, as read by this look; `standing` of its plan."""
    verdict = decide(study, estimates, findings, as_of, standing)
    impacts = impact_of(study, estimates, seen.units_per_day)
    plan_digest = digest(study.plan)
    versions = tuple(metric.reference for metric in study.metrics)
    read = {name: dict(sorted(days.items())) for name, days in sorted(inputs.items())}
    made_from = [plan_digest, list(versions), code_version, engine, read]
    numbers = [_plain(part) for part in (estimates, tuple(findings), verdict, impacts)]
    provenance = Provenance(digest(made_from, numbers)[:32], plan_digest, versions, code_version, engine, read)
    return Scorecard(
        study.name,
        as_of,
        verdict,
        estimates,
        tuple(findings),
        impacts,
        dict(seen.per_arm),
        seen.mixed_units,
        provenance,
    )


def _plain(value: Any) -> Any:
    return TypeAdapter(type(value)).dump_python(value, mode="json")
