"""A home of the small shop with two looks, made once for a module and copied for each test."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.workspace import Workspace, generation_of
from impact_pipeline_tests.small_shop import ENGINE
from impact_pipeline_tests.stages.small_workspace import look, opened, with_data

STUDY = "ranker_v2"
EARLIER = date(2026, 3, 6)
NEXT_YEAR = datetime(2027, 1, 1, 9, 30, tzinfo=UTC)


def make_looked_home(home: Path, **environ: str) -> Path:
    """Two looks at the study; `environ` as the operator sets it."""
    given = opened(home)
    workspace = with_data(Workspace(given.catalog, given.lake, ENGINE, environ, given.generation, given.now))
    look(workspace, EARLIER)
    look(workspace)
    return home


def next_year(home: Path) -> Workspace:
    """The same home as another process opens it, on another day's clock."""
    return Workspace(read_catalog(home / "catalog"), Lake(home), ENGINE, {}, generation_of(NEXT_YEAR), NEXT_YEAR)


def copy_of(home: Path, target: Path) -> Path:
    return Path(shutil.copytree(home, target))
