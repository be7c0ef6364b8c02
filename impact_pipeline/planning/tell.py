"""`impact plan power`: read the past, plan, and tell it to a person or a machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.engines.base import Engine
from impact_pipeline.lake.lake import Lake
from impact_pipeline.planning.history import read_history
from impact_pipeline.planning.machine import as_plain
from impact_pipeline.planning.power_plan import PowerPlan, plan_power
from impact_pipeline.planning.terminal import show

WIDTH = 100
"""Columns of the table where it goes to no terminal."""


def tell_power(
    study: Study, lake: Lake, engine: Engine, *, days: int, fact: str | None, chart: Path | None, as_json: bool
) -> None:
    """Print the plan, and draw it where `chart` names a file."""
    if chart is not None:
        from impact_pipeline.planning.chart import refuse_other_kinds

        refuse_other_kinds(chart)
    plan = plan_power(study, read_history(study, lake=lake, engine=engine, days=days, fact=fact))
    _say(plan, as_json)
    if chart is not None:
        from impact_pipeline.planning.chart import draw

        draw(plan, chart)


def _say(plan: PowerPlan, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(as_plain(plan), indent=1, sort_keys=True, allow_nan=False) + "\n")
        return
    from rich.console import Console

    terminal = Console()
    show(plan, terminal if terminal.is_terminal else Console(width=WIDTH))
