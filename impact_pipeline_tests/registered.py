"""Plans that bind, for tests of what a final verdict does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.load import read_sound_part
from impact_pipeline.governance.registration import Registry, register_drafts

REGISTERED_AT = datetime(2026, 3, 1, tzinfo=UTC)


def register_all(home: Path, catalog: Catalog | None = None, at: datetime = REGISTERED_AT) -> None:
    """Register every sound plan of the home's catalog that is a draft."""
    known = read_sound_part(home / "catalog") if catalog is None else catalog
    register_drafts(Registry(home, "ada", at), map(known.study, known.plans), "ready")
