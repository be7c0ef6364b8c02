"""Erase a unit from everything that was made of its rows, and prove by a scan of every byte that nothing is left.

What was concluded stays: results hold moments of many units and are never rewritten. What is the operator's, sources
and the catalog, is not touched either; it is told where the unit still stands in it.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.identity import digest
from impact_pipeline.errors import InputError
from impact_pipeline.governance.deny_list import DenyList, mark_of
from impact_pipeline.governance.epochs import epochs_of
from impact_pipeline.governance.erasures import EVENT, Told, keep_told, rows_gone
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.pseudonyms import SecretKey
from impact_pipeline.lake.byte_scan import Scanned, scanned
from impact_pipeline.lake.erased_staging import StagedStates, erase_staged, staged_with
from impact_pipeline.lake.erased_tables import Reduced, Touched, erase_rows, record_anew, touched
from impact_pipeline.lake.files import remove_unfinished
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.maintenance import Maintenance
from impact_pipeline.lake.sought import SHORTEST, Sought
from impact_pipeline.lake.spool import left_behind, remove_left_behind
from impact_pipeline.stages.erasure_request import Request, keys_of, refuse_unfit, sought_of
from impact_pipeline.stages.workspace import Workspace

RAW = "raw"
LEFT_AGE = 3600.0
"""Seconds after which a temporary folder belongs to a process that is no more."""

OWN = ("catalog", "raw")
"""Folders of a home that are the operator's."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done: rows by table, what a scan found left, and what only the operator can do."""

    request: str
    tables: Mapping[str, int]
    states: int
    scanned_files: int
    scanned_bytes: int
    left: tuple[str, ...]
    unread: tuple[str, ...]
    epochs: tuple[str, ...]
    epochs_without_key: tuple[str, ...]
    short_ids: int
    yours: tuple[str, ...]
    databases: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return not self.left and not self.unread

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


def erase(workspace: Workspace, request: Request) -> Erased:
    """Raises `InputError` for a request that cannot be, `MaintenanceError` while anything else runs in the home."""
    keys = keys_of(workspace, request)
    refuse_unfit(request)
    sought = sought_of(request, keys)
    marks = {epoch: [mark_of(id_, request.entity, key) for id_ in request.ids] for epoch, key in keys.items()}
    maintenance = workspace.lake.maintenance
    with maintenance.alone():
        begun = _begun(maintenance, request, digest("erasure", request.entity, marks))
        DenyList(workspace.home).add(request.entity, marks)
        told = _taken_out(workspace.lake, maintenance, begun, sought)
        found = _scan(workspace, request, sought)
        erased = _erased(workspace, request, keys, told, found, sought)
        _record(workspace, request, erased, told, begun["mark"])
        maintenance.end()
    return erased


def _begun(maintenance: Maintenance, request: Request, mark: str) -> dict[str, Any]:
    """What an interrupted run of this very erasure had found; raises `InputError` when it was another."""
    begun = maintenance.begun()
    if begun is None:
        return {"request": request.name, "mark": mark, "tables": {}, "staged": {}}
    if (begun["request"], begun["mark"]) != (request.name, mark):
        raise InputError(
            f"erasure '{begun['request']}' was interrupted; run it again, with the same ids and keys, before others"
        )
    return begun


def _taken_out(lake: Lake, maintenance: Maintenance, begun: dict[str, Any], sought: Sought) -> Told:
    remove_unfinished(lake.root, older_than=math.inf)
    tables = lake.tables()
    found = {name: touched(table, sought) for name, table in tables.items()}
    for name, known in begun["tables"].items():
        found[name] = found[name].joined(Touched(tuple(known["files"]), known["states"]))
    staged: StagedStates = {**staged_with(lake.staging, sought), **begun["staged"]}
    held = {name: {"files": one.files, "states": one.states} for name, one in found.items() if one.files}
    maintenance.begin({**begun, "tables": held, "staged": staged})
    told: dict[str, tuple[Reduced, ...]] = {RAW: erase_staged(lake.staging, staged, sought)}
    for name, table in tables.items():
        if found[name].files:
            told[name] = erase_rows(table, found[name], sought, lake.root / ".unfinished-erased-file")
    fingerprints = {one.before: one.after for states in told.values() for one in states}
    for name, table in tables.items():
        record_anew(table, found[name], fingerprints)
    return told


def _scan(workspace: Workspace, request: Request, sought: Sought) -> Scanned:
    own = [workspace.home / folder for folder in OWN]
    folder, before = Path(tempfile.gettempdir()), workspace.now.timestamp() - LEFT_AGE
    remove_left_behind(folder, before)
    temporary = left_behind(folder, before)
    return scanned([workspace.home, *request.also, *temporary], sought, besides=own)


def _erased(
    workspace: Workspace, request: Request, keys: Mapping[str, SecretKey], told: Told, found: Scanned, sought: Sought
) -> Erased:
    epochs = [epoch.name for epoch in epochs_of(workspace.catalog, request.entity)]
    own = scanned([workspace.home / folder for folder in OWN], sought)

    def places(paths: tuple[Path, ...]) -> tuple[str, ...]:
        home = workspace.home
        return tuple(str(path.relative_to(home) if path.is_relative_to(home) else path) for path in paths)

    return Erased(
        request.name, {name: rows_gone(states) for name, states in told.items() if rows_gone(states)},
        sum(map(len, told.values())), found.files, found.size, places(found.left), places(found.unread),
        tuple(name for name in epochs if name in keys), tuple(name for name in epochs if name not in keys),
        sum(len(id_) < SHORTEST for id_ in request.ids), places((*own.left, *own.unread)),
        _databases(workspace.catalog, request.entity),
    )  # fmt: skip


def _databases(catalog: Catalog, entity: str) -> tuple[str, ...]:
    """Tables of databases that hold units of the entity: what no scan of files can look into."""
    named = (
        (source, name) for source in catalog.sources.values() for name in source.datasets if name in catalog.datasets
    )
    return tuple(
        f"source '{source.name}', {source.url}, dataset '{name}'"
        for source, name in named
        if source.type == "database" and catalog.contracts[name].identifier_of(entity) is not None
    )


def _record(workspace: Workspace, request: Request, erased: Erased, told: Told, mark: str) -> None:
    """Once for what was done, however often the request is run; never an id, a pseudonym or a mark of one."""
    documents = keep_told(workspace.home, told)
    payload = {
        "request": request.name, "reason": request.reason, "entity": request.entity, "ids": len(request.ids),
        "rows": erased.rows, "states": erased.states, "tables": dict(erased.tables), "epochs": list(erased.epochs),
        "epochs_without_key": list(erased.epochs_without_key), "left": len(erased.left), "unread": len(erased.unread),
        "documents": dict(documents),
    }  # fmt: skip
    event_id = digest(EVENT, request.name, mark, payload)
    Ledger(workspace.home).append(EVENT, payload, actor=request.actor, now=workspace.now, event_id=event_id)
