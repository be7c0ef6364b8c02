"""A workspace over the small shop."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from impact_pipeline.exposures.expose import expose
from impact_pipeline.features.build import build_day
from impact_pipeline.lake.lake import Lake, days_between
from impact_pipeline.outcomes.fold import fold_day
from impact_pipeline.stages.study import STAGES
from impact_pipeline.stages.workspace import Workspace, generation_of
from impact_pipeline_tests.registered import register_all
from impact_pipeline_tests.small_shop import ENGINE, at, publish, write_catalog

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
FIRST, LAST = date(2026, 3, 3), date(2026, 3, 8)
DAYS = days_between(FIRST, LAST)


def opened(home: Path, now: datetime = NOW) -> Workspace:
    catalog = write_catalog(home / "catalog")
    return Workspace(catalog, Lake(home), ENGINE, {}, generation_of(now), now)


def with_data(workspace: Workspace) -> Workspace:
    """Six days of trusted rows of forty users, with features and folded days; the plan is registered."""
    register_all(workspace.home, workspace.catalog)
    for number, day in enumerate(DAYS):
        orders = [
            {
                "user_id": user,
                "ordered_at": at(f"{day[5:]} 18:00"),
                "amount": Decimal(user + 1),
                "items": 1,
                "channel": "web",
            }
            for user in range(number, 40, 3)
        ]
        publish(workspace.lake, "orders", day, orders)
        publish(
            workspace.lake, "profiles", day, [{"user_id": number, "seen_at": at(f"{day[5:]} 01:00"), "country": "A"}]
        )
        contacts = [
            {
                "user_id": user,
                "exposed_at": at(f"{day[5:]} 09:00"),
                "arm": ("control", "treatment")[user % 2],
                "device": "x",
            }
            for user in range(40)
        ]
        publish(workspace.lake, "exposures", day, contacts if day == "2026-03-04" else [])
    derive(workspace)
    return workspace


def derive(workspace: Workspace, days: tuple[str, ...] = DAYS) -> None:
    """Build every feature and folded day."""
    catalog, lake = workspace.catalog, workspace.lake
    for day in days:
        build_features(workspace, day)
        on = date.fromisoformat(day)
        fold_day(catalog, catalog.facts["orders"], on, lake=lake, engine=ENGINE, generation=workspace.generation)


def build_features(workspace: Workspace, day: str) -> None:
    catalog, on = workspace.catalog, date.fromisoformat(day)
    for feature in catalog.features.values():
        build_day(catalog, feature, on, lake=workspace.lake, engine=ENGINE, generation=workspace.generation)


def look(workspace: Workspace, as_of: date = LAST) -> None:
    """Take the study through all stages."""
    study = workspace.catalog.study("ranker_v2")
    expose(study, as_of, lake=workspace.lake, engine=ENGINE, generation=workspace.generation)
    for stage in STAGES.values():
        stage(workspace, study, as_of)
