"""A home with two results of the small shop's study, and what people say of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.governance.reviewing import Reviewer
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import SCORECARD
from impact_pipeline.stages.record import record_verdict
from impact_pipeline.stages.workspace import Workspace, generation_of
from impact_pipeline_tests.reports.examples import scorecard
from impact_pipeline_tests.small_shop import ENGINE, write_catalog

STUDY = "ranker_v2"
NOW = datetime(2026, 3, 21, 9, tzinfo=UTC)
EARLIER, LATER = "ab" * 32, "cd" * 32
DOCUMENT = f"""
name: ramp
study: {STUDY}
result: {EARLIER[:12]}
kind: challenge
author: eve
written_on: 2026-03-20
text: The ramp stood still for a day.
"""


def reviewed_home(home: Path, **reviews: str) -> Workspace:
    """Two looks, of which the second stands, with their entries; `reviews` are documents by name."""
    changes = {f"reviews/{name}.yaml": text for name, text in reviews.items()}
    catalog = write_catalog(home / "catalog", changes=changes)
    workspace = Workspace(catalog, Lake(home), ENGINE, {}, generation_of(NOW), NOW)
    for result, day in ((EARLIER, date(2026, 3, 18)), (LATER, date(2026, 3, 20))):
        card = card_of(result, day)
        record_verdict(workspace, card)
        workspace.lake.results.add(STUDY, SCORECARD, day, card)
    return workspace


def card_of(result: str, day: date) -> Scorecard:
    made = scorecard(STUDY)
    verdict = replace(made.verdict, as_of=day)
    return replace(made, as_of=day, verdict=verdict, provenance=replace(made.provenance, result_id=result))


def reviewer(home: Path, actor: str = "bob", now: datetime = NOW) -> Reviewer:
    return Reviewer(home, actor, now)
