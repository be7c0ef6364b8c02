"""Everything one look concluded, joined and given its identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.decisions.base import Provenance, Scorecard
from impact_pipeline.decisions.verdict import decide
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.governance.environment import Environment
from impact_pipeline.governance.standing import Standing
from impact_pipeline.kpis.impact import impact_of
from impact_pipeline.kpis.seen import Seen
from impact_pipeline.lake.results import as_plain


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a look's origin beside its identity, so that it can be recomputed: see `Provenance`."""

    documents: str = ""
    tables: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, str] = field(default_factory=dict)
    environment: Environment | None = None
    meaning: str = ""


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
    kept: Kept = Kept(),
    remarks: Sequence[str] = (),
) -> Scorecard:
    """`inputs`: trusted dataset or feature -> day -> fingerprint, as read by this look; `standing` of its plan.

    `remarks` are told after the verdict's own reasons.
    """
    decided = decide(study, estimates, findings, as_of, standing)
    verdict = replace(decided, reasons=(*decided.reasons, *remarks))
    impacts = impact_of(study, estimates, seen.units_per_day)
    numbers = [as_plain(part) for part in (estimates, tuple(findings), verdict, impacts)]
    origin = _provenance(study, numbers, code_version, engine, inputs, kept)
    return Scorecard(
        study.name, as_of, verdict, estimates, tuple(findings), impacts, dict(seen.per_arm), seen.mixed_units, origin
    )  # fmt: skip


def _provenance(
    study: Study,
    numbers: Sequence[Any],
    code_version: str,
    engine: str,
    inputs: Mapping[str, Mapping[str, str]],
    kept: Kept,
) -> Provenance:
    plan_digest = digest(study.plan)
    versions = tuple(metric.reference for metric in study.metrics)
    read = {name: dict(sorted(days.items())) for name, days in sorted(inputs.items())}
    made_from = [plan_digest, list(versions), code_version, engine, read]
    return Provenance(
        result_id(made_from, numbers), plan_digest, versions, code_version, engine, read, kept.documents,
        dict(kept.tables), dict(kept.history), kept.environment, kept.meaning,
    )  # fmt: skip


def result_id(made_from: Sequence[Any], numbers: Sequence[Any]) -> str:
    """The identity of a result, of plain JSON values in the order in which a scorecard is made."""
    return digest(list(made_from), list(numbers))[:32]


def stored_result_id(card: Mapping[str, Any]) -> str:
    """The identity that a stored scorecard's own content gives."""
    origin = card["provenance"]
    made_from = [origin[name] for name in ("plan_digest", "metric_versions", "code_version", "engine", "inputs")]
    return result_id(made_from, [card[name] for name in ("estimates", "findings", "verdict", "impacts")])
