"""One night through Dagster in this process: days of data, what they outdated, studies due, money and report."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from tempfile import gettempdir
from time import time
from typing import Any

import dagster as dg

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.load import read_sound_part
from impact_pipeline.defs.assembly import definitions_of
from impact_pipeline.defs.automation import (
    CALIBRATION_JOB,
    PORTFOLIO_JOB,
    STUDIES_JOB,
    data_job,
    features_job,
    job_of,
    with_publication,
)
from impact_pipeline.defs.event_log import relaxed_event_log
from impact_pipeline.defs.left_runs import OPERATOR_TAG, present
from impact_pipeline.defs.partitions import AS_OF_TAG, CLOCK_TAG, contiguous, range_tags, study_keys
from impact_pipeline.engines.installed import engine_installed
from impact_pipeline.errors import InputError
from impact_pipeline.lake.failures import Failed
from impact_pipeline.lake.files import remove_unfinished
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.spool import remove_left_behind
from impact_pipeline.stages.first_look import announcements
from impact_pipeline.stages.retention import retain
from impact_pipeline.stages.staleness import Stale, due_or_stale, stale_data, stale_studies

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
ROUNDS = 4
"""Repair looks again after repairing: a day published outdates its fold, and features of days after it."""

UNFINISHED_AGE = 3600.0
"""Seconds after which an unfinished file belongs to a writer that is no more."""

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Night:
    """What one night did: runs started, and the (asset, partition) pairs that stand failed after it."""

    day: date
    runs: int
    studies: tuple[str, ...]
    failed: tuple[Failed, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """Runs jobs of one home against one Dagster instance, in this process."""

    home: Path
    catalog: Catalog
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    name: str
    tell: Told

    @property
    def lake(self) -> Lake:
        return Lake(self.home)

    def night(self, day: date) -> Night:
        """The data of `day`, everything stale, the studies due on `day`, then money and report."""
        remove_unfinished(self.lake.root, older_than=time() - UNFINISHED_AGE)
        remove_left_behind(Path(gettempdir()), older_than=time() - UNFINISHED_AGE)
        for line in announcements(self.catalog, self.lake, engine_installed()):
            self.tell(line)
        sources = sources_of(self.catalog, day)
        if not sources:
            self.tell(f"{day}: no source delivers this day; only what is stale or due is done")
        for source in sources:
            self.data(source, day)
        runs = len(sources) + self.repair_data()
        due, looks = self.looks(day)
        self.portfolio()
        self._retain(day)
        return Night(day, runs + looks + 1, due, self.lake.failures.all())

    def _retain(self, day: date) -> None:
        """Staged days count back from the night's day, so that a past night that is run again removes no more."""
        found = retain(self.catalog, self.lake, day)
        if found.expired:
            self.tell(f"removed: {found}")

    def data(self, source: str, day: date) -> None:
        """Extract, check, publish and fold one day of a source."""
        self.tell(f"{day} data of {source}")
        self._run(data_job(source), day.isoformat())

    def looks(self, day: date, simulated: datetime | None = None) -> tuple[tuple[str, ...], int]:
        """Look at the studies due on `day` and those whose inputs were restated; returns them and the runs it took.

        In a made-up world looks enter the ledger at the `simulated` instant.
        """
        due = due_or_stale(self.catalog, self.lake, day)
        return due, self.studies(due, day, simulated)

    def portfolio(self) -> None:
        """Money and report over all studies."""
        self._run(PORTFOLIO_JOB)

    def calibration(self, *, full: bool, workers: int) -> bool:
        """Run every estimator on planted truths, and publish what came of it; whether it was done."""
        config = {"full": full, "workers": workers}
        return self._run(CALIBRATION_JOB, config={"ops": {"kpis__calibration": {"config": config}}})

    def repair_data(self, source: str | None = None) -> int:
        """Redo published, folded and feature days (of one source, or all) that are stale; returns the runs it took."""
        runs, tried = 0, set[Stale]()
        for _ in range(ROUNDS):
            stale = [item for item in stale_data(self.catalog, self.lake) if item not in tried]
            tried.update(stale)
            jobs = sorted((job_of(self.catalog, item.asset), item.partition, item.asset) for item in stale)
            mine = [j for j in jobs if source is None or j[0] in (data_job(source), features_job(source))]
            for (job, day), items in groupby(mine, lambda item: item[:2]):
                self._run(job, day, [made for _, _, asset in items for made in with_publication(asset)])
                runs += 1
            if not mine:
                break
        return runs

    def studies(self, names: Sequence[str], as_of: date | None, simulated: datetime | None = None) -> int:
        """Look at the studies, as many in one run as stand beside each other; returns the number of runs."""
        ranges = contiguous(study_keys(self.catalog), names)
        for first, last in ranges:
            self.tell(f"{as_of or 'newest day'} studies {first} to {last}")
            tags = {AS_OF_TAG: as_of.isoformat()} if as_of else {}
            clock = {CLOCK_TAG: simulated.isoformat()} if simulated else {}
            self._run(STUDIES_JOB, tags={**range_tags(first, last), **tags, **clock})
        return len(ranges)

    def redo(self, asset: str, partition: str) -> tuple[Failed, ...]:
        """Materialize one asset's partition, then everything that this outdates; returns what stands failed."""
        self._refuse_unknown(asset, partition)
        kind = asset.split("/")[0]
        if kind == "study":
            self._run(STUDIES_JOB, partition, _from_stage(asset))
        elif kind in ("kpis", "reports"):
            self.portfolio()
        else:
            self._run(job_of(self.catalog, asset), partition, with_publication(asset))
            self.repair_data()
        for stale in stale_studies(self.catalog, self.lake):
            self._run(STUDIES_JOB, stale.partition, tags={AS_OF_TAG: stale.wanted.split(" ")[0]})
        self.portfolio()
        return self.lake.failures.all()

    def _refuse_unknown(self, asset: str, partition: str) -> None:
        known = {"/".join(key.path): key for key in self.definitions.resolve_all_asset_keys()}
        if asset not in known:
            raise InputError(f"there is no asset '{asset}'; assets are {', '.join(sorted(known))}")
        partitions = self.definitions.resolve_assets_def(known[asset]).partitions_def
        if partitions is not None and not partitions.has_partition_key(partition):
            keys = partitions.get_partition_keys()
            raise InputError(f"{asset} has no partition '{partition}'; it has {keys[0]} to {keys[-1]}")

    def _run(
        self,
        job: str,
        partition: str | None = None,
        assets: Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> bool:
        selection = None if assets is None else [dg.AssetKey(asset.split("/")) for asset in assets]
        result = self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, partition_key=partition, asset_selection=selection,
            tags={OPERATOR_TAG: self.name, **(tags or {})}, run_config={**QUIET, **(config or {})},
            raise_on_error=False,
        )  # fmt: skip
        return bool(result.success)


def sources_of(catalog: Catalog, day: date) -> tuple[str, ...]:
    """Sources that deliver `day`, by name."""
    return tuple(s.name for _, s in sorted(catalog.sources.items()) if s.first_day <= day <= (s.last_day or day))


def _from_stage(asset: str) -> list[str]:
    """A study's stage and those after it."""
    stages = ["exposures", "cells", "findings", "estimates", "verdict"]
    return [f"study/{stage}" for stage in stages[stages.index(asset.split("/")[1]) :]]


@contextmanager
def operating(home: Path, *, threads: int = 2, tell: Told = lambda line: None) -> Iterator[Operator]:
    """An operator of `home` whose Dagster instance lives in `<home>/dagster`."""
    catalog = read_sound_part(home / "catalog")
    folder = prepared_instance(home)
    with (
        Lake(home).maintenance.running(),
        relaxed_event_log(),
        dg.DagsterInstance.from_config(str(folder)) as instance,
        present(instance, folder) as name,
    ):
        yield Operator(home, catalog, definitions_of(home, threads=threads), instance, name, tell)


def prepared_instance(home: Path) -> Path:
    """The folder of the home's Dagster instance, with the project's `dagster.yaml` in it."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    settings = Path(os.environ.get("IMPACT_DAGSTER_YAML", "dagster.yaml"))
    if settings.is_file():
        shutil.copyfile(settings, folder / "dagster.yaml")
    return folder
