"""Whether a series has past enough to tell its level, trend and season."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects
from impact_pipeline.causal.series_fits import ROUNDS, SeriesQuestion, season_length
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.time_series.time_axis import time_axis

LEAST = 8


class PrePeriodLength:
    """Fails below 8 periods with an outcome before the change, or below two rounds of the season.

    Eight on each side is what Penfold and Zhang (2013, Academic Pediatrics 13) ask of interrupted series; a season that
    was seen once cannot be told from what happened in it.
    """

    name: ClassVar[str] = "pre_period_length"
    designs: ClassVar[frozenset[str]] = frozenset({"interrupted_time_series", "structural_time_series"})
    asks: ClassVar[str] = "Is there enough past to foretell from?"
    pass_means: ClassVar[str] = "Level, trend and season were seen long enough to be learnt."
    needs_fit: ClassVar[bool] = False

    def check(self, question: SeriesQuestion, effects: Effects | None) -> Checked:
        """
        >>> from impact_pipeline.catalog.causal.interrupted_time_series import InterruptedTimeSeries
        >>> from impact_pipeline.stats.samples.series import Series
        >>> short = Series(tuple("abcdef"), np.arange(6.0), 4)
        >>> asked = SeriesQuestion(short, InterruptedTimeSeries(type="interrupted_time_series"))
        >>> PrePeriodLength().check(asked, None).finding.passed
        False
        """
        series = question.sample
        before = int(np.isfinite(series.outcome[: series.starts]).sum())
        axis = time_axis(series.periods, series.days)
        season = None if isinstance(axis, Refusal) else season_length(series, axis, question.design)
        least = max(LEAST, ROUNDS * (season or 0))
        why = f", two rounds of a season of {season}" if season and least > LEAST else ""
        sentence = f"{before} periods before the change have an outcome; {least} are the least{why}."
        missing = series.starts - before
        details = {"missing": missing, "under_the_change": len(series) - series.starts, "season": season or 0}
        finding = Finding(self.name, before >= least, float(before), float(least), sentence, "never_ship", details)
        return Checked(finding)
