"""The demo: a synthetic company, the bundled real data, and every night of both."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.defs.night import Told, operating
from impact_pipeline.lake.failures import Failed
from impact_pipeline.lake.files import write_atomically
from impact_pipeline.lake.lake import days_between
from impact_pipeline.stages.workspace import DEMO_KEY_FILE
from impact_pipeline.world.company import make_world
from impact_pipeline.world.config import DEMO_WORLD, WorldConfig

DEMO_KEY = "demo-only key: the people of the demo do not exist"


def run_demo(
    home: Path, *, threads: int, tell: Told, world: WorldConfig = DEMO_WORLD
) -> tuple[Catalog, tuple[Failed, ...]]:
    """Write the company's source tables below `home`, run every night of every source, and return what stands failed."""
    prepare_demo(home, world, tell)
    with operating(home, threads=threads, tell=tell) as operator:
        nights = sorted(
            {
                date.fromisoformat(d)
                for s in operator.catalog.sources.values()
                for d in days_between(s.first_day, s.last_day or world.last_day)
            }
        )
        for number, night in enumerate(nights, 1):
            tell(f"night {number} of {len(nights)}")
            operator.night(night)
        return operator.catalog, operator.lake.failures.all()


def prepare_demo(home: Path, world: WorldConfig, tell: Told) -> None:
    """The company's tables and the demo's key."""
    tell(f"making a shop of {world.users:,} users and {world.days} days (seed {world.seed})")
    make_world(world, home)
    write_atomically(home / DEMO_KEY_FILE, DEMO_KEY.encode())
    tell("ids become pseudonyms with the demo's own key, which is no secret; real data need IMPACT_PSEUDONYM_KEY")
