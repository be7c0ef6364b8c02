"""The demo: a synthetic company, the bundled real data, and every night of both."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing import get_context
from pathlib import Path

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.defs.night import Told, operating, sources_of
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.registration import Registry, register_drafts
from impact_pipeline.lake.failures import Failed
from impact_pipeline.lake.files import write_atomically
from impact_pipeline.lake.lake import days_between
from impact_pipeline.stages.workspace import DEMO_KEY_FILE
from impact_pipeline.world.company import make_world
from impact_pipeline.world.config import DEMO_WORLD, WorldConfig

WORKERS = 2
PROGRESS_DAYS = 5
DEMO_ACTOR = "demo"
MORNING = time(6, tzinfo=UTC)
"""When a night of the demo ends, on the demo's own clock."""

DEMO_KEY = "demo-only key: the people of the demo do not exist"


def run_demo(
    home: Path, *, threads: int, tell: Told, world: WorldConfig = DEMO_WORLD
) -> tuple[Catalog, tuple[Failed, ...]]:
    """Write the company's source tables below `home`, run every night of every source, and return what stands failed.

    Sources are independent until a learnt feature or a study reads several, so their days are loaded by one process
    each; those features and the looks, night by night, follow.
    """
    prepare_demo(home, world, tell)
    with operating(home, threads=threads, tell=tell) as operator:
        nights = _nights(operator.catalog, world)
        register_plans(home, operator.catalog, tell, before=nights[0])
        _load_sources(home, operator.catalog, nights, tell)
        operator.repair_data()
        for number, night in enumerate(nights, 1):
            due, _ = operator.looks(night, _morning(night + timedelta(days=1)))
            tell(f"night {number} of {len(nights)}, {night}: looked at {len(due)} studies")
        operator.portfolio()
        return operator.catalog, operator.lake.failures.all()


def register_plans(home: Path, catalog: Catalog, tell: Told, *, before: date) -> None:
    """Bind the bundled plans on the demo's clock: on the morning of the day before its first."""
    registry = Registry(home, DEMO_ACTOR, _morning(before - timedelta(days=1)), simulated=True)
    count = register_drafts(registry, map(catalog.study, catalog.plans), "a plan of the demo")
    tell(f"{count} plans registered in {Ledger(home).path}")


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING)


def _nights(catalog: Catalog, world: WorldConfig) -> list[date]:
    spans = (days_between(s.first_day, s.last_day or world.last_day) for s in catalog.sources.values())
    return sorted({date.fromisoformat(day) for days in spans for day in days})


def _load_sources(home: Path, catalog: Catalog, nights: Sequence[date], tell: Told) -> None:
    with ProcessPoolExecutor(max_workers=WORKERS, mp_context=get_context("spawn")) as pool:
        work = {pool.submit(load_source, home, name, nights): name for name in sorted(catalog.sources, reverse=True)}
        for done in as_completed(work):
            tell(f"{done.result()} days of {work[done]} loaded")


def load_source(home: Path, source: str, nights: Sequence[date]) -> int:
    """Run a source's days in order, in this process; returns how many days it has."""
    with operating(home, threads=1) as operator:
        days = [night for night in nights if source in sources_of(operator.catalog, night)]
        for number, day in enumerate(days, 1):
            operator.data(source, day)
            operator.repair_data(source)
            if number % PROGRESS_DAYS == 0:
                sys.stderr.write(f"{source}: {number} of {len(days)} days\n")
        return len(days)


def prepare_demo(home: Path, world: WorldConfig, tell: Told) -> None:
    """The company's tables and the demo's key."""
    tell(f"making a shop of {world.users:,} users and {world.days} days (seed {world.seed})")
    make_world(world, home)
    write_atomically(home / DEMO_KEY_FILE, DEMO_KEY.encode())
    tell("ids become pseudonyms with the demo's own key, which is no secret; real data need IMPACT_PSEUDONYM_KEY")
