"""`impact calibrate`: the calibration through Dagster, or one design's scenarios by themselves."""

from __future__ import annotations

from pathlib import Path

from impact_pipeline.calibration.registry import chosen
from impact_pipeline.calibration.run import Calibration, Told, calibrate
from impact_pipeline.defs.night import operating
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.errors import LakeError
from impact_pipeline.stages.calibration import SEED, read_calibration


def run_calibration(home: Path, *, full: bool, design: str | None, workers: int, tell: Told) -> Calibration:
    """What stands after the run; scenarios of one design are drawn and told, and nothing is published."""
    if design is not None:
        return calibrate(chosen(design), full=full, seed=SEED, workers=workers, tell=tell)
    with operating(home, tell=tell) as operator:
        if not operator.calibration(full=full, workers=workers):
            standing = [f.message for f in operator.lake.failures.all() if f.asset == "kpis/calibration"]
            raise LakeError(f"kpis/calibration failed: {'; '.join(standing) or 'see the run in the Dagster UI'}")
        return read_calibration(operator.lake, DuckDBEngine())
