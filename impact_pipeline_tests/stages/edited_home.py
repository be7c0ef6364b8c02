"""A running study of the small shop, one of its documents edited, and all that this outdates made again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
from sqlglot import exp

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.data import fold, publish
from impact_pipeline.stages.feature import build_feature
from impact_pipeline.stages.outcome import Outcome
from impact_pipeline.stages.staleness import Stale, stale_data, stale_studies
from impact_pipeline.stages.study import STAGES
from impact_pipeline.stages.workspace import Workspace, generation_of
from impact_pipeline_tests.contracts.orders import stage
from impact_pipeline_tests.small_shop import ENGINE, document, write_catalog
from impact_pipeline_tests.stages.small_workspace import NOW, look, opened, with_data

STUDY = "ranker_v2"
NIGHT = date(2026, 3, 6)
"""All windows of the cohort have closed by it; the planned look is two days later."""

STAGED = "2026-03-05"
PLAN = "studies/ranker_v2.yaml"
GUARDED = (
    document(PLAN)
    .replace("web_buyers, role: exploratory", "web_buyers, role: guardrail, margin: {relative: 0.1}")
    .replace("segments:", "aa_check: false\nsegments:")
)
Steps = frozenset[str]


@dataclass(frozen=True, slots=True)
class Remade:
    """Assets that were written anew, with how many partitions of each, and metrics whose cells were measured."""

    assets: Mapping[str, int]
    measured: Steps


def make_running_home(home: Path) -> Path:
    """One look at the study; one day of orders came through its contract."""
    workspace = with_data(opened(home))
    workspace = replace(workspace, catalog=write_catalog(home / "catalog", changes={PLAN: GUARDED}))
    trusted = workspace.lake.trusted("orders").files([STAGED])
    columns = [exp.column(name, quoted=True) for name in trusted.schema.names if name != "day"]
    rows = ENGINE.table(exp.select(*columns).from_("rows"), {"rows": trusted})
    stage(workspace.lake, pa.table(rows), STAGED, contract_version="1.0.0")
    later = replace(workspace, generation=generation_of(NOW + timedelta(minutes=1)))
    publish(later, "orders", date.fromisoformat(STAGED))
    repaired(later)
    look(later, NIGHT)
    return home


def edited(home: Path, target: Path, changes: Mapping[str, str]) -> Workspace:
    """A copy of the home an hour later, with other documents."""
    shutil.copytree(home, target)
    for file, text in changes.items():
        (target / "catalog" / file).write_text(text.replace("FOLD", "unit_days"))
    now = NOW + timedelta(hours=1)
    return Workspace(read_catalog(target / "catalog"), Lake(target), ENGINE, {}, generation_of(now), now)


def repaired(workspace: Workspace) -> Remade:
    """What a night does after an edit: stale days until none is left, then stale studies."""
    written: dict[str, int] = {}
    tried: set[Stale] = set()
    while stale := [item for item in stale_data(workspace.catalog, workspace.lake) if item not in tried]:
        tried.update(stale)
        for item in stale:
            for asset, outcome in _remake(workspace, item):
                written[asset] = written.get(asset, 0) + outcome.written
    measured: Steps = frozenset()
    for item in stale_studies(workspace.catalog, workspace.lake):
        found = looked(workspace, date.fromisoformat(item.wanted.split(" ")[0]))
        written |= dict.fromkeys(found.assets, 1)
        measured = found.measured
    assert stale_studies(workspace.catalog, workspace.lake) == ()
    return Remade({asset: n for asset, n in written.items() if n}, measured)


def looked(workspace: Workspace, as_of: date) -> Remade:
    """All stages of the study; of those that only compute, the ones that came to another result were remade."""
    study, lake, remade, before = workspace.catalog.study(STUDY), workspace.lake, set[str](), _results(workspace.lake)
    for name, make in STAGES.items():
        if make(workspace, study, as_of).written and name in ("exposures", "cells"):
            remade.add(name)
    after = _results(lake)
    remade |= {name for name in after if after[name] != before[name]}
    state = lake.cells(STUDY).state()
    assert state is not None
    measured = frozenset(state.facts["metrics_measured"] if "cells" in remade else ())
    return Remade(dict.fromkeys(remade, 1), measured)


def _results(lake: Lake) -> dict[str, str | None]:
    kinds = {"findings": "findings", "estimates": "estimates", "verdict": "scorecard"}
    return {stage: lake.results.pointer(STUDY, kind).get("digest") for stage, kind in kinds.items()}


def _remake(workspace: Workspace, item: Stale) -> Iterator[tuple[str, Outcome]]:
    (kind, name), day = item.asset.split("/"), date.fromisoformat(item.partition)
    match kind:
        case "features":
            yield item.asset, build_feature(workspace, name, day)
        case "unit_days":
            yield item.asset, fold(workspace, name, day)
        case "trusted":
            yield from zip((f"trusted/{name}", f"quarantine/{name}"), publish(workspace, name, day), strict=True)
