"""From source rows to intervals: effects planted in synthetic companies lie in the intervals at the stated rate."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.governance.pseudonyms import KEY_VARIABLE
from impact_pipeline.lake.lake import Lake, days_between
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stages.data import extract, fold, publish
from impact_pipeline.stages.feature import build_feature
from impact_pipeline.stages.study import STAGES, current_scorecard, look_date
from impact_pipeline.stages.workspace import Workspace, generation_of
from impact_pipeline.world.company import make_world
from impact_pipeline.world.config import WorldConfig
from impact_pipeline.world.documents import write_catalog
from impact_pipeline.world.truths import truth

BUNDLED = Path(__file__).parents[2] / "data" / "catalog"
SEEDS = (101, 102, 103, 104)


def concluded(home: Path, config: WorldConfig) -> Iterator[Scorecard]:
    """Every study's last look on a company made by `config`, through all stages."""
    make_world(config, home)
    catalog = read_catalog(write_catalog(BUNDLED, home / "catalog", config))
    now = datetime(2026, 11, 1, tzinfo=UTC)
    environ = {KEY_VARIABLE: "a key for planted truths"}
    workspace = Workspace(catalog, Lake(home), DuckDBEngine(threads=2), environ, generation_of(now), now)
    for day in map(date.fromisoformat, days_between(config.first_day, config.last_day)):
        for view in catalog.features:
            if day > config.first_day:
                build_feature(workspace, view, day)
        for dataset in catalog.datasets:
            extract(workspace, dataset, day)
            publish(workspace, dataset, day)
        for fact in (fact.name for fact in catalog.facts.values() if fact.fold == "unit_days"):
            fold(workspace, fact, day)
    for name in catalog.plans:
        study = catalog.study(name)
        for stage in STAGES.values():
            stage(workspace, study, look_date(study, workspace.lake, config.last_day))
        yield current_scorecard(workspace.lake, name)


def covered(card: Scorecard) -> Iterator[bool]:
    """Per all-units estimate with a planted truth: whether the relative interval holds it."""
    for result in card.estimates.results:
        planted = truth(card.study, result.metric.split("@")[0])
        if planted and result.segment == ALL_UNITS and isinstance(result, Estimate) and result.relative:
            interval = result.relative.interval
            yield interval.lower <= planted.relative <= interval.upper


@pytest.mark.slow
def test_truths_lie_in_the_intervals_at_the_stated_rate(tmp_path: Path) -> None:
    hits: list[bool] = []
    for seed in SEEDS:
        config = WorldConfig(seed=seed, users=6_000, days=22, warm_up_days=4, exposure_days=8)
        hits += [hit for card in concluded(tmp_path / str(seed), config) for hit in covered(card)]
    logging.getLogger(__name__).warning("%d of %d truths lie in their 95 %% intervals", sum(hits), len(hits))
    assert len(hits) >= 20 * len(SEEDS)
    assert sum(hits) / len(hits) >= 0.90
