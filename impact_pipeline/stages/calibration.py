"""The stage that calibrates our estimators: a table in the lake, and a page of the report site."""

from __future__ import annotations

import sys
from dataclasses import asdict, fields
from typing import get_type_hints

import pyarrow as pa
from sqlglot import exp

from impact_pipeline.calibration.page import PAGE, calibration_body
from impact_pipeline.calibration.registry import chosen
from impact_pipeline.calibration.run import Calibration, calibrate
from impact_pipeline.calibration.table import CalibrationRow
from impact_pipeline.catalog.identity import digest
from impact_pipeline.engines.base import Engine
from impact_pipeline.errors import LakeError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.reports.site import write_page
from impact_pipeline.stages.outcome import Outcome, outcome_of
from impact_pipeline.stages.workspace import Workspace, code_version

LOGIC = "calibration/1"
SEED = 20_261
TABLE = "calibration"


def make_calibration(
    workspace: Workspace,
    *,
    full: bool,
    workers: int = 2,
) -> Outcome:
    """Run every scenario, publish the table and write the page; progress goes to stderr."""
    found = calibrate(chosen(None), full=full, seed=SEED, workers=workers, tell=_to_stderr)
    made_from = digest(LOGIC, code_version(), found.mode, found.seed, [row.scenario for row in found.rows])
    table, rows = workspace.lake.kpi(TABLE), pa.Table.from_pylist([asdict(row) for row in found.rows], schema=schema())
    reader = pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches())
    facts = {"mode": found.mode, "seed": found.seed, "scenarios": len(found.rows), "off": len(found.off)}
    published = table.publish(reader, generation=workspace.generation, input_digest=made_from, facts=facts)
    body = calibration_body(found)
    write_page(workspace.reports / PAGE, "Calibration", body, workspace.now)
    told = {**facts, "page": str(workspace.reports / PAGE), "not_as_promised": ", ".join(r.scenario for r in found.off)}
    return outcome_of(table, published, LOGIC, facts=told)


def read_calibration(lake: Lake, engine: Engine) -> Calibration:
    """The calibration that stands; raises `LakeError` where none does."""
    table = lake.kpi(TABLE)
    state = table.state()
    if state is None:
        raise LakeError("kpis/calibration is not published; run `impact calibrate`")
    everything = exp.select("*").from_(exp.to_table("rows", quoted=True))
    rows = engine.table(everything, {"rows": table.files()}).to_pylist()
    order = {one.name: place for place, one in enumerate(chosen(None))}
    found = sorted((CalibrationRow(**row) for row in rows), key=lambda row: order.get(row.scenario, len(order)))
    return Calibration(str(state.facts["mode"]), int(state.facts["seed"]), tuple(found))


def schema() -> pa.Schema:
    """The columns of a row: its numbers as doubles, everything else as text."""
    hints = get_type_hints(CalibrationRow)
    kinds = {int: pa.int64(), float: pa.float64(), float | None: pa.float64()}
    return pa.schema([(field.name, kinds.get(hints[field.name], pa.string())) for field in fields(CalibrationRow)])


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
