"""Novelty: does an effect wear off as units get used to the change?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import UNITS_RANDOMISED
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import TREND, Reading
from impact_pipeline.diagnostics.arm_difference import arm_difference, phase_pairs, two_means
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.stats.multiplicity import holm

ALPHA = 0.01
"""For all success metrics and arms of a look, by Holm's procedure."""


class Novelty:
    """Trend of the effect on each success metric over days since exposure, on units whose whole window was seen; Holm.

    Tested is whether a treatment's outcome lies earlier or later in the window than control's: `sum of w_d y_d / sum of
    y_d` by the delta method, with weights `w_d` that rise by two a day around 0. An effect that is the same per cent on
    every day leaves it alone, although days differ (on the day of exposure all units are there). One that fades
    costs grade A and is told among the verdict's reasons: the window's average, from which money is counted, is not
    what lasts. One that grows passes, and is told in the finding alone.
    """

    name: ClassVar[str] = "novelty"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        found = tuple(_trends(study, evidence.cells))
        if not found:
            told = "No success metric has a trend over days since exposure that can be told yet."
            return Finding(self.name, None, None, ALPHA, told, "lower_grade", {})
        tested = sorted(zip(found, holm([trend.p_value for trend in found]), strict=True), key=lambda one: one[1])
        shown = [(trend, p) for trend, p in tested if p < ALPHA]
        worse = [(trend, p) for trend, p in shown if not trend.grows]
        details = {key: value for trend, _ in tested for key, value in trend.details.items()}
        said = f"{_sentences(worse)} The average over the window is not what lasts."
        if not worse:
            said = _sentences(shown) or f"No effect wears off within its window; {_steepest(tested)}."
        statistic = (worse or tested)[0][1]
        return Finding(self.name, not worse, statistic, ALPHA, said, "lower_grade", details)


@dataclass(frozen=True, slots=True)
class _Trend:
    """A line through the effect per day: its mean over the window's days, and what each day adds to it.

    Of a ratio it is the numerator's, and `part` says so.
    """

    metric: Metric
    part: str
    arm: str
    mean: float
    slope: float
    p_value: float

    @property
    def first(self) -> float:
        return self.mean - self.slope * (self.metric.window.days - 1) / 2

    @property
    def last(self) -> float:
        return self.mean + self.slope * (self.metric.window.days - 1) / 2

    @property
    def grows(self) -> bool:
        """Whether it ends no nearer to 0 than it began."""
        return abs(self.last) >= abs(self.first)

    @property
    def label(self) -> str:
        return f"{self.metric.label}{self.part}"

    @property
    def line(self) -> str:
        window, unit = self.metric.window, "" if self.part else f" {self.metric.unit}"
        first = f"{self.first:.3g}{unit} a day on day {window.start_day}"
        return f"from {first} to {self.last:.3g} on day {window.last_day} after exposure"

    @property
    def in_words(self) -> str:
        moves = f"{'grows' if self.grows else 'fades'} by {abs(self.slope):.2g} a day within the window"
        return f"The effect of {self.arm} on {self.label} {moves}: {self.line}"

    @property
    def details(self) -> dict[str, float | int | str]:
        name = f"{self.metric.name} {self.arm}"
        return {f"p_value {name}": self.p_value, f"first_day {name}": self.first, f"last_day {name}": self.last}


def _sentences(shown: Sequence[tuple[_Trend, float]]) -> str:
    return " ".join(f"{trend.in_words} (p = {p:.2g})." for trend, p in shown)


def _steepest(tested: Sequence[tuple[_Trend, float]]) -> str:
    trend, p = tested[0]
    return f"that of {trend.arm} on {trend.label} goes {trend.line} (p = {p:.2g})"


def _trends(study: Study, cells: Cells) -> Iterator[_Trend]:
    for use in study.uses:
        metric = study.metrics_by_name.get(use.name)
        if use.role != "success" or metric is None:
            continue
        for reading in (reading for reading in study.readings_of(metric) if reading.variant == TREND):
            for arm in study.arms[1:]:
                yield from _trend(study, cells, metric, reading, arm)


def _trend(study: Study, cells: Cells, metric: Metric, reading: Reading, arm: str) -> Iterator[_Trend]:
    """The slope is what the arm's trend has beyond control's, both as shares of their totals.

    Weights `w_d = 2 d - first - last` of L days give an effect that rises by 1 a day a trend of `L (L^2 - 1) / 6`.
    """
    found = arm_difference(study, cells, metric, reading, arm)
    if found is None or not found.std_error:
        return
    totals = two_means(phase_pairs(study, cells, study.reading_key(metric, reading), arm), "mean", "d")
    days = metric.window.days
    slope = found.change * float(totals.treatment) / (days * (days**2 - 1) / 6)
    own, *_ = study.readings_of(metric)
    part = " (numerator)" if own.form == "ratio" else ""
    yield _Trend(metric, part, arm, float(totals.change) / days, slope, found.p_value)
