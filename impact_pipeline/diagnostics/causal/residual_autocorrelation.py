"""Whether what the model leaves is still related over time."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects
from impact_pipeline.causal.series_fits import SeriesQuestion
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.time_series.interrupted_series import InterruptedFit
from impact_pipeline.stats.time_series.ljung_box import autocorrelations, ljung_box
from impact_pipeline.stats.time_series.structural_series import StructuralFit

LEVEL = 0.01
MOST_LAGS = 14
"""Two weeks of days."""
LARGEST = 0.3
"""Autocorrelation up to which Newey and West's small-sample intervals of 95 % cover 90 % in short simulated series,
those without that correction 85 %."""
RANDOM_WALK = 0.95
"""Autocorrelation of errors beyond which they do not return: the level itself moves."""


class ResidualAutocorrelation:
    """Fails where Ljung and Box's test finds autocorrelation at 1 % in what should be white.

    White are the innovations of a structural series, and residuals of an interrupted one once its autoregression is
    taken out, which fails at an autocorrelation of 0.95 too. Errors of Newey and West allow for autocorrelation, but
    not for any: with them it fails above 0.3 at one period's distance.
    """

    name: ClassVar[str] = "residual_autocorrelation"
    designs: ClassVar[frozenset[str]] = frozenset({"interrupted_time_series", "structural_time_series"})
    asks: ClassVar[str] = "Is what the model leaves unrelated over time?"
    pass_means: ClassVar[str] = "No trend, season or memory is left that would make intervals too narrow."
    needs_fit: ClassVar[bool] = True

    def check(self, question: SeriesQuestion, effects: Effects | None) -> Checked:
        fit = effects.fit if effects else None
        if isinstance(fit, InterruptedFit) and fit.autoregressive is None:
            return Checked(self._of_robust(fit))
        if isinstance(fit, InterruptedFit) and fit.autoregressive is not None:
            if fit.autoregressive.correlation > RANDOM_WALK:
                return Checked(self._random_walk(fit.autoregressive.correlation))
            return Checked(self._white(fit.autoregressive.innovations, 1))
        if isinstance(fit, StructuralFit):
            return Checked(self._white(fit.innovations(), len(fit.likely.ratios)))
        return Checked(Finding(self.name, None, None, None, "There is no fit to judge.", "none", {}))

    def _white(self, left: Array, fitted: int) -> Finding:
        seen = int(np.isfinite(left).sum())
        lags = min(MOST_LAGS, seen // 4)
        if lags <= fitted:
            sentence = f"{seen} periods are too few to tell autocorrelation."
            return Finding(self.name, None, None, None, sentence, "none", {"periods": seen})
        found, first = ljung_box(left, lags, fitted), float(autocorrelations(left, 1)[0])
        side = "no sign" if found.p_value >= LEVEL else "a clear sign"
        sentence = f"Ljung-Box over {lags} lags (p = {found.p_value:.2g}) is {side} of autocorrelation in what is left."
        details = {"lags": lags, "chi_square": found.statistic, "lag_one": first}
        return Finding(self.name, found.p_value >= LEVEL, found.p_value, LEVEL, sentence, "never_ship", details)

    def _of_robust(self, fit: InterruptedFit) -> Finding:
        first = float(autocorrelations(fit.ordinary.residuals, 1)[0])
        allowed = "allow for" if first <= LARGEST else "are too narrow for"
        sentence = f"Residuals have autocorrelation {first:.2f}, which Newey-West errors of lag {fit.lags} {allowed}."
        return Finding(self.name, first <= LARGEST, first, LARGEST, sentence, "never_ship", {"lags": fit.lags})

    def _random_walk(self, correlation: float) -> Finding:
        advice = "the level itself moves; take structural_time_series"
        sentence = f"Errors have autocorrelation {correlation:.2f}, so they hardly return: {advice}."
        return Finding(self.name, False, correlation, RANDOM_WALK, sentence, "never_ship", {})
