"""What a look leaves in the ledger: that outcomes were read, before they are, and the verdict, before it stands.

An entry comes first and the result after it: a look that is killed between the two is stale and made again, from the
same inputs to the same verdict, whose entry is there already.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.governance.entries import SIMULATED
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_documents import digests_of, documents_of
from impact_pipeline.stages.standing import inputs_read
from impact_pipeline.stages.workspace import Workspace, code_version

ACTOR = "pipeline"


def record_look(workspace: Workspace, study: Study, as_of: date) -> None:
    """Once for each date, data, code and plan, however often the look is taken."""
    identity = {
        "study": study.name, "as_of": as_of.isoformat(), "data": digest(inputs_read(workspace.lake, study)),
        "code": code_version(), "plan": digest(digests_of(documents_of(study))),
    }  # fmt: skip
    _append(workspace, "look", identity, digest("look", identity))


def record_verdict(workspace: Workspace, card: Scorecard) -> None:
    """Once for each result; a result's id covers study, data, code, plan and numbers."""
    verdict = card.verdict
    told = {
        "study": card.study, "as_of": card.as_of.isoformat(), "result_id": card.provenance.result_id,
        "decision": verdict.decision.value, "final": verdict.final, "grade": verdict.grade,
        "exploratory": list(verdict.exploratory), "deviations": list(verdict.deviations),
    }  # fmt: skip
    _append(workspace, "verdict", told, digest("verdict", card.study, card.provenance.result_id))


def _append(workspace: Workspace, event: str, told: Mapping[str, Any], event_id: str) -> None:
    """By the run's clock, or by that of a made-up world, which the entry then says."""
    clock = {} if workspace.simulated is None else SIMULATED
    now = workspace.simulated or workspace.now
    Ledger(workspace.home).append(event, {**told, **clock}, actor=ACTOR, now=now, event_id=event_id)
