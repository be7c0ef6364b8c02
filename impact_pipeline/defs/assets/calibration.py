"""The asset that says how far our own estimators can be trusted."""

from time import perf_counter
from typing import Any

import dagster as dg

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.defs.metadata import result_of
from impact_pipeline.defs.resources import WorkspaceResource
from impact_pipeline.stages.calibration import make_calibration
from impact_pipeline.stages.guarded import guarded

KEY = ["kpis", "calibration"]


class CalibrationConfig(dg.Config):
    """`full` draws enough samples to judge shares by; without it a run takes about a minute."""

    full: bool = True
    workers: int = 2


def calibration_asset(catalog: Catalog) -> dg.AssetsDefinition:
    """`kpis/calibration`: bias, coverage, size, power and refusals of every estimator on planted truths."""

    @dg.asset(
        key=KEY, group_name="kpis", kinds={"deltalake"}, pool="kpis_calibration",
        description="Bias, coverage, size, power and refusals of causal estimators on samples with planted truths.",
    )  # fmt: skip
    def calibration(config: CalibrationConfig, workspace: WorkspaceResource) -> dg.MaterializeResult[Any]:
        opened, began = workspace.open(catalog), perf_counter()
        outcome = guarded(
            opened, "/".join(KEY), "", lambda: make_calibration(opened, full=config.full, workers=config.workers)
        )
        return result_of(outcome, perf_counter() - began)

    return calibration
