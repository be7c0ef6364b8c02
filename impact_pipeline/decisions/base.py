"""Verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import Grade
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.governance.environment import Environment
from impact_pipeline.governance.standing import Standing
from impact_pipeline.kpis.base import Impact, NoImpact


class Decision(StrEnum):
    SHIP = "ship"
    HOLD = "hold"
    ROLLBACK = "rollback"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, always with reasons in plain sentences, and what to do next.

    `final` at the planned look, and at an earlier one that decided as the plan's looks allow; never where the verdict
    is `exploratory`, for these reasons: it holds, and `would_be` is what the rule says of the numbers. `deviations`
    from the plan are told and changed nothing. `alerts` are sentences on guardrails that were harmed, which are told
    of a blinded study too.
    """

    study: str
    as_of: date
    final: bool
    decision: Decision
    reasons: tuple[str, ...]
    next_step: str
    grade: Grade
    exploratory: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    would_be: Decision | None = None
    alerts: tuple[str, ...] = ()

    @property
    def standing(self) -> Standing:
        """How the plan stood when it was decided."""
        return Standing(self.exploratory, self.deviations)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Everything one look concluded; what reports and sinks read."""

    study: str
    as_of: date
    verdict: Verdict
    estimates: StudyEstimates
    findings: tuple[Finding, ...]
    impacts: tuple[Impact | NoImpact, ...]
    exposed_per_arm: dict[str, int]
    mixed_units: int
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Provenance:
    """Result identity: what the numbers were made from.

    `result_id` is a digest of the numbers, the plan, the metrics' versions, code, engine and inputs. `documents` is the
    digest of the documents that are kept beside the result, `meaning` that of all in them which is not only shown,
    `tables` the fingerprints of exposures and cells, `history` the results of earlier studies that a Bayesian reading
    drew on.
    """

    result_id: str
    plan_digest: str
    metric_versions: tuple[str, ...]
    code_version: str
    engine: str
    inputs: dict[str, dict[str, str]]
    """Trusted dataset or feature -> day -> fingerprint."""

    documents: str = ""
    tables: dict[str, str] = field(default_factory=dict)
    history: dict[str, str] = field(default_factory=dict)
    environment: Environment | None = None
    meaning: str = ""
