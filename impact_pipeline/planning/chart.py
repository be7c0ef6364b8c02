"""The least effects of a plan by weeks of enrolment, as a picture in a file. Loads altair: import it late."""

from __future__ import annotations

from pathlib import Path

from impact_pipeline.errors import InputError
from impact_pipeline.lake.files import write_atomically
from impact_pipeline.planning.curve import Curve
from impact_pipeline.planning.metric_plan import Amount
from impact_pipeline.planning.power_plan import PowerPlan
from impact_pipeline.reports.duration_chart import DurationSeries, duration_figure
from impact_pipeline.reports.figure import Figure

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
KINDS = (".png", ".svg")


def refuse_other_kinds(path: Path) -> None:
    """Before any work is done for a file that cannot be drawn."""
    if path.suffix.lower() not in KINDS:
        raise InputError(f"--chart '{path.name}': charts are written as {' or '.join(KINDS)}; name such a file")


def draw(plan: PowerPlan, path: Path) -> None:
    """Write the picture, as PNG or SVG by the file's name. Raises `InputError` where there is nothing to draw."""
    figure = power_figure(plan)
    if figure is None:
        raise InputError(f"--chart '{path.name}': no metric of '{plan.study.name}' has a least effect to draw")
    content = figure.png() if path.suffix.lower() == ".png" else _standing_alone(figure)
    write_atomically(path, content)


def power_figure(plan: PowerPlan) -> Figure | None:
    return duration_figure(f"{plan.study.name}: least effect shown", [_series(curve) for curve in plan.curves])


def _series(curve: Curve) -> DurationSeries:
    found = ((point.weeks, point.minimal) for point in curve.points)
    shown = ((w, least.relative) for w, least in found if isinstance(least, Amount) and least.relative is not None)
    return DurationSeries(curve.plan.metric.label, tuple(shown))


def _standing_alone(figure: Figure) -> bytes:
    return str(figure.svg()).replace("<svg", f'<svg xmlns="{SVG_NAMESPACE}"', 1).encode()
