"""The forest plot of an answer. Loads altair: import it where a chart is made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from impact_pipeline.analysis.answer import Answer
from impact_pipeline.errors import InputError
from impact_pipeline.estimators.base import Estimate, Interval, NotEstimable
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.reports.figure import Figure
from impact_pipeline.reports.formatting import NO_UNIT, PERCENT, shown
from impact_pipeline.reports.interval_chart import IntervalRow, interval_figure
from impact_pipeline.reports.look import Tone

SUFFIXES = (".png", ".svg")
NAMESPACE = "".join(("http:", "//www.w3.org/2000/svg"))


def write_chart(answer: Answer, path: Path, *, higher_is_better: Sequence[str]) -> None:
    """Lifts of all comparisons (differences, where no lift has an interval) as PNG or SVG.

    `higher_is_better` names the metrics for which more is better.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"--chart: '{path.suffix}' is not a kind of picture; write a file ending in .png or .svg")
    figure = forest(answer, higher_is_better=higher_is_better)
    if figure is None:
        raise InputError("--chart: there is no comparison with an interval to draw; leave --chart out")
    try:
        if path.suffix.lower() == ".png":
            path.write_bytes(figure.png())
        else:
            path.write_text(str(figure.svg()).replace("<svg", f'<svg xmlns="{NAMESPACE}"', 1), encoding="utf-8")
    except OSError as error:
        raise InputError(f"--chart: {path} cannot be written ({type(error).__name__})") from None


def forest(answer: Answer, *, higher_is_better: Sequence[str]) -> Figure | None:
    """The figure; None without anything to draw."""
    estimates = [result for result in answer.results if not isinstance(result, NotEstimable)]
    relative = [result for result in estimates if result.relative is not None]
    drawn = relative or estimates
    rows = [_row(result, bool(relative), result.metric in higher_is_better) for result in drawn]
    title, axis, form = (
        ("Relative effects", "change relative to control", "~%") if relative else ("Effects", "difference", "~s")
    )
    return interval_figure("forest", title, rows, axis, form)


def _row(result: Estimate, relative: bool, higher: bool) -> IntervalRow:
    value, interval = result.value, result.interval
    if relative and result.relative is not None:
        value, interval = result.relative.value, result.relative.interval
    name = result.contrast.treatment
    label = name if result.segment == ALL_UNITS else f"{name}, {' = '.join(result.segment)}"
    text = shown(value, interval, PERCENT if relative else NO_UNIT, signed=True)
    return IntervalRow(result.metric, label, value, interval.lower, interval.upper, text, _tone(interval, higher))


def _tone(interval: Interval, higher: bool) -> Tone:
    if interval.lower > 0:
        return "better" if higher else "worse"
    if interval.upper < 0:
        return "worse" if higher else "better"
    return "unclear"
