"""The calibration's page in the report site: coverage of each scenario as a picture, every figure as a table."""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline.calibration.run import Calibration
from impact_pipeline.calibration.table import CAUGHT, COVERAGE, CalibrationRow
from impact_pipeline.calibration.terminal import HEADS, cells
from impact_pipeline.reports.pages import rendered
from impact_pipeline.reports.site import CALIBRATION

PAGE = CALIBRATION


def calibration_body(found: Calibration) -> str:
    """The page without what depends on the clock."""
    from impact_pipeline.calibration.picture import share_figure

    holds = [row for row in found.rows if not row.broken and row.coverage is not None]
    broken = [row for row in found.rows if row.broken]
    return rendered(
        PAGE, found=found, heads=HEADS, designs=_by_design(found.rows), low=COVERAGE[0], high=COVERAGE[1],
        caught=CAUGHT,
        pictures=[
            share_figure("coverage", "Coverage of 95 % intervals where assumptions hold", _coverages(holds), COVERAGE),
            share_figure("caught", "Share caught of draws with broken assumptions", _caught(broken), (CAUGHT, 1.0)),
        ],
    )  # fmt: skip


def _coverages(rows: Sequence[CalibrationRow]) -> list[tuple[str, float, int]]:
    return [(row.title, row.coverage or 0.0, row.draws) for row in rows]


def _caught(rows: Sequence[CalibrationRow]) -> list[tuple[str, float, int]]:
    return [(row.title, row.caught, row.draws) for row in rows]


def _by_design(rows: Sequence[CalibrationRow]) -> list[tuple[str, list[tuple[CalibrationRow, list[str]]]]]:
    designs = dict.fromkeys(row.design for row in rows)
    return [(name.replace("_", " "), [(row, cells(row)) for row in rows if row.design == name]) for name in designs]
