"""Where a run works: the project's home and the engine's limits, from the environment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import dagster as dg

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.load import read_sound_part
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.workspace import Workspace, environment_of, generation_of

HOME_VARIABLE = "IMPACT_HOME"


def home_from_environment() -> Path:
    """`IMPACT_HOME`, or the folder `data` of the working directory."""
    return Path(os.environ.get(HOME_VARIABLE, "data")).resolve()


class WorkspaceResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Opens the workspace of one run. The generation is the run's start, so a retry is newer than what it retries."""

    home: str
    threads: int = 2
    memory_limit: str = "2GB"

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        """While a run lasts, no erasure begins; during one, no run does."""
        with Lake(Path(self.home)).maintenance.running():
            yield self

    def open(self, catalog: Catalog | None = None, simulated: datetime | None = None) -> Workspace:
        now = datetime.now(UTC)
        home = Path(self.home)
        engine = DuckDBEngine(self.threads, self.memory_limit)
        known = catalog if catalog is not None else read_sound_part(home / "catalog")
        environ = environment_of(home, os.environ)
        return Workspace(known, Lake(home), engine, environ, generation_of(now), now, simulated)
