"""Whether the model foretells periods before the change that it was not shown."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects
from impact_pipeline.causal.exhibits import Paths
from impact_pipeline.causal.series_fits import SeriesQuestion
from impact_pipeline.causal.series_forecast import Forecast, forecasts, held_out_periods
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked

LEVEL = 0.01
"""How often a right model fails, over all windows together."""
WINDOWS = 3


class Backtest:
    """Fails where, in one of up to three windows before the change, the average forecast error is significant.

    Each window is as long as the time under the change (at most a third of the time before it) and foretold from what
    lies before it; windows follow each other back in time while half of the past is left to learn from. An error with a
    p-value below 1 % over the number of windows is no chance: the model would have seen an effect where there was none.
    """

    name: ClassVar[str] = "backtest"
    designs: ClassVar[frozenset[str]] = frozenset({"interrupted_time_series", "structural_time_series"})
    asks: ClassVar[str] = "Does the model foretell periods before the change that it was not shown?"
    pass_means: ClassVar[str] = "Forecasts over such a time were as good as their intervals say."
    needs_fit: ClassVar[bool] = False

    def check(self, question: SeriesQuestion, effects: Effects | None) -> Checked:
        found = list(forecasts(question, _windows(question)))
        if not found:
            sentence = "The time before the change is too short to hold out a part of it and foretell it."
            return Checked(Finding(self.name, False, None, None, sentence, "never_ship", {"windows": 0}))
        worst = min(found, key=lambda one: one.p_value)
        threshold = LEVEL / len(found)
        passed = worst.p_value >= threshold
        size = f"{worst.value:.4g} on average (standard error {worst.std_error:.3g}, p = {worst.p_value:.2g})"
        held, start = len(worst.held_out), worst.series.periods[worst.starts]
        sentence = f"The worst of {len(found)} held-out forecasts, {held} periods from {start} on, was off by {size}."
        finding = Finding(self.name, passed, worst.p_value, threshold, sentence, "never_ship", _details(found, worst))
        return Checked(finding, (_paths(question, worst),))


def _windows(question: SeriesQuestion) -> list[tuple[int, int]]:
    before, length = question.sample.starts, held_out_periods(question)
    ends = [before - number * length for number in range(WINDOWS)]
    return [(end - length, end) for number, end in enumerate(ends) if number == 0 or 2 * (end - length) >= before]


def _details(found: list[Forecast], worst: Forecast) -> dict[str, float | int | str]:
    details: dict[str, float | int | str] = {
        "windows": len(found),
        "worst_error": worst.value,
        "worst_std_error": worst.std_error,
        "share_outside_interval": sum(one.share_outside for one in found) / len(found),
    }
    errors = [one.error for one in found if one.error is not None]
    return details | ({"mape": sum(errors) / len(errors)} if errors else {})


def _paths(question: SeriesQuestion, worst: Forecast) -> Paths:
    seen = np.flatnonzero(np.isfinite(worst.series.outcome))
    columns = (worst.series.outcome, worst.expected, worst.lower, worst.upper)
    actual, expected, lower, upper = (tuple(float(column[place]) for place in seen) for column in columns)
    starts = int((seen < worst.starts).sum())
    periods = tuple(worst.series.periods[place] for place in seen)
    title = "Held-out forecast before the change"
    return Paths("backtest", title, periods, actual, expected, starts, lower, upper, 1 - question.alpha)
