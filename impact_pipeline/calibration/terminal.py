"""A calibration as a table for a terminal, and as plain values for a script."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from impact_pipeline.calibration.run import Calibration
from impact_pipeline.calibration.table import CalibrationRow

HEADS = ("scenario", "holds", "draws", "bias", "coverage", "size or power", "refused", "D", "caught", "judgement")

FOLDED = {0: 32, 1: 18}
"""Places of columns that may take several lines, and the text that they hold at least."""
WIDTH = 175


def as_plain(found: Calibration) -> dict[str, Any]:
    """Rows with every figure."""
    return {"mode": found.mode, "seed": found.seed, "rows": [asdict(row) for row in found.rows]}


def show(found: Calibration) -> None:
    """Print the rows, design by design."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    console = Console(width=max(Console().width, WIDTH))
    for design in dict.fromkeys(row.design for row in found.rows):
        table = Table(title=design.replace("_", " "), title_justify="left", title_style="bold", box=SIMPLE_HEAD)
        for place, head in enumerate(HEADS):
            table.add_column(head, overflow="fold", no_wrap=place not in FOLDED, min_width=FOLDED.get(place))
        for row in (row for row in found.rows if row.design == design):
            table.add_row(*cells(row))
        console.print(table)


def cells(row: CalibrationRow) -> list[str]:
    """One row as text."""
    bias = (
        "-" if row.bias is None else f"{row.bias:+.3g}" + ("" if row.bias_error is None else f" ± {row.bias_error:.2g}")
    )
    rejects = f"{'power' if row.has_effect else 'size'} {row.rejects:.1%}"
    coverage = "-" if row.coverage is None else f"{row.coverage:.1%}"
    holds = "yes" if not row.broken else f"no: {row.broken}"
    caught = "-" if not row.broken else f"{row.caught:.0%}"
    return [
        row.scenario.replace("_", " "), holds, str(row.draws), bias, coverage, rejects, f"{row.refused:.0%}",
        f"{row.graded_d:.0%}", caught, row.judgement,
    ]  # fmt: skip
