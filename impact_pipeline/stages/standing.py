"""What stands published of a study, on each basis on which it is measured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.engines.base import Engine, Input
from impact_pipeline.errors import LakeError
from impact_pipeline.exposures.unassigned import unassigned_query
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import PartitionState
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.cells_table import read_cells
from impact_pipeline.stages.workspace import Workspace

DayMarks = dict[str, dict[str, str]]
"""Product -> day -> fingerprint."""


def state_of(lake: Lake, study: Study, table: str) -> PartitionState:
    """Of 'exposures' or 'cells'; raises `LakeError` where nothing stands."""
    state = (lake.exposures(study.table) if table == "exposures" else lake.cells(study.table)).state()
    if state is None:
        raise LakeError(f"study/{table} of '{study.name}' is not published; materialize it first")
    return state


def cells_version(lake: Lake, study: Study) -> str:
    """What findings and estimates are made from: the fingerprint of the cells, of both bases where there are two."""
    return version_of([state_of(lake, basis, "cells").fingerprint for basis in study.bases])


def version_of(fingerprints: list[str]) -> str:
    """One mark for the cells of all bases."""
    return fingerprints[0] if len(fingerprints) == 1 else digest(fingerprints)


def cells_of(workspace: Workspace, study: Study) -> Cells:
    """The cells of the study's basis; findings, estimates and verdict of one look read them once."""
    state = state_of(workspace.lake, study, "cells")
    return _read(workspace.lake, workspace.engine, study.table, state.fingerprint, int(state.facts["mixed_units"]))


@lru_cache(maxsize=2)
def _read(lake: Lake, engine: Engine, table: str, fingerprint: str, mixed_units: int) -> Cells:
    """Kept by the fingerprint of what is read, so a restated table is read again."""
    return read_cells(lake.cells(table), engine)


def unassigned_units(lake: Lake, engine: Engine, study: Study) -> int:
    """Exposed units that were not assigned to any arm by the time of their exposure."""
    tables: dict[str, Input] = {basis.basis: lake.exposures(basis.table).files() for basis in study.bases}
    return int(engine.table(unassigned_query(), tables).to_pylist()[0]["n"])


def missing_days(lake: Lake, study: Study) -> dict[str, tuple[date, ...]]:
    """Days that the exposures or the cells wanted and did not find."""
    found: dict[str, set[str]] = {}
    for basis in study.bases:
        for name, days in state_of(lake, basis, "exposures").facts["missing_days"].items():
            found.setdefault(name, set()).update(days)
        for name, days in state_of(lake, basis, "cells").facts["missing_days"].items():
            found.setdefault(f"fact {name}", set()).update(days)
    return {name: tuple(date.fromisoformat(day) for day in sorted(days)) for name, days in found.items()}


def exposure_days(lake: Lake, study: Study) -> DayMarks:
    """Days of trusted contacts and of features that the exposures were made from."""
    found: DayMarks = {}
    for basis in study.bases:
        facts = state_of(lake, basis, "exposures").facts
        _add(found, f"trusted/{basis.contacts.dataset}", facts["days"])
        for name, days in facts["features"].items():
            _add(found, f"features/{name}", days)
        for name, days in facts.get("others", {}).items():
            _add(found, f"trusted/{study.other_studies[name].exposure.dataset}", days)
    return found


def inputs_read(lake: Lake, study: Study) -> DayMarks:
    """Everything that a verdict was read from."""
    found = exposure_days(lake, study)
    for basis in study.bases:
        for name, days in state_of(lake, basis, "cells").facts["inputs"].items():
            _add(found, f"trusted/{name}", days)
    return found


def _add(found: DayMarks, product: str, days: Mapping[str, str]) -> None:
    found.setdefault(product, {}).update(days)
