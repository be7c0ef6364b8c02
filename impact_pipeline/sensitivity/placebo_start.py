"""Effects of changes that did not happen: the same method, with the change set to dates before it."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.causal.base import Effects
from impact_pipeline.causal.exhibits import Curve, CurvePoint
from impact_pipeline.causal.series_fits import SeriesQuestion
from impact_pipeline.causal.series_forecast import Forecast, forecasts
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.inference import quantile

LEVEL = 0.01
SHARES = (0.45, 0.6, 0.75, 0.9)
"""Where placebo dates lie in the time before the change."""


class PlaceboStart:
    """Fails where a change at a date before the real one has an effect: p below 1 % over the number of dates.

    Dates lie at 45, 60, 75 and 90 % of the time before the change; each sees the outcome up to the change only.
    """

    name: ClassVar[str] = "placebo_start"
    designs: ClassVar[frozenset[str]] = frozenset({"interrupted_time_series", "structural_time_series"})
    asks: ClassVar[str] = "Does a change that did not happen, before the real one, have an effect?"
    pass_means: ClassVar[str] = "The method finds nothing where nothing happened."
    needs_fit: ClassVar[bool] = True

    def check(self, question: SeriesQuestion, effects: Effects | None) -> Checked:
        before = question.sample.starts
        found = list(forecasts(question, [(int(share * before), before) for share in SHARES]))
        if not found:
            sentence = "The time before the change is too short for a placebo date."
            return Checked(Finding(self.name, None, None, None, sentence, "none", {}))
        threshold = LEVEL / len(found)
        worst = min(found, key=lambda one: one.p_value)
        passed = worst.p_value >= threshold
        told = "is no more than chance" if passed else "is more than chance"
        size = f"{worst.value:.4g} (p = {worst.p_value:.2g})"
        start = worst.series.periods[worst.starts]
        sentence = f"The largest effect of {len(found)} placebo dates, {size} at {start}, {told}."
        details: dict[str, float | int | str] = {one.series.periods[one.starts]: one.value for one in found}
        finding = Finding(self.name, passed, worst.p_value, threshold, sentence, "never_ship", details)
        return Checked(finding, (_curve(question, found),))


def _curve(question: SeriesQuestion, found: list[Forecast]) -> Curve:
    critical = float(quantile(1 - question.alpha / 2, float("inf")))
    points = tuple(
        CurvePoint(
            one.series.periods[one.starts],
            float(one.starts),
            one.value,
            one.value - critical * one.std_error,
            one.value + critical * one.std_error,
        )
        for one in found
    )
    title = "Effects of changes that did not happen"
    return Curve("placebo_start", title, "placebo start, periods", points, None, 1 - question.alpha)
