"""Effects by periods since the start: leads tell of trends before it, lags of how the effect grows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.average_effect import Errors, errors_for
from impact_pipeline.stats.difference_in_differences.clusters import clusters_of
from impact_pipeline.stats.difference_in_differences.eligible import Eligible
from impact_pipeline.stats.difference_in_differences.panel_regression import PanelFit, panel_regression
from impact_pipeline.stats.refusal import Refusal

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

BAND_DRAWS = 20_000


@dataclass(frozen=True, eq=False)
class EventStudy:
    """Effects at event times (0 is the first treated period), against the `reference`, in order of time.

    `values` are by time, `covariance` (times, times); the reference itself is not among them. The first and the last
    time hold all periods beyond them where `binned`. `fit` is the regression, whose first columns these are.
    """

    times: tuple[int, ...]
    reference: int
    values: Floats
    covariance: Floats
    degrees_of_freedom: Floats
    binned: tuple[bool, bool]
    fit: PanelFit
    rows: Eligible
    anticipation: int

    @property
    def leads(self) -> Places:
        """Places of the times at which nothing may have happened yet."""
        return np.flatnonzero(np.array(self.times) < -self.anticipation)

    @property
    def lags(self) -> Places:
        """Places of the times under treatment."""
        return np.flatnonzero(np.array(self.times) >= 0)

    @property
    def std_errors(self) -> Floats:
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def band(self, alpha: float, rng: np.random.Generator) -> float:
        """The factor of standard errors with which all intervals hold at once (sup-t).

        Draws of the largest |t| with the covariance's correlations. Montiel Olea, Plagborg-Moller (2019), Journal of
        Applied Econometrics 34.
        """
        scale = self.std_errors
        values, vectors = np.linalg.eigh(self.covariance / np.outer(scale, scale))
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        draws = np.abs(rng.standard_normal((BAND_DRAWS, len(scale))) @ root.T).max(axis=1)
        degrees = float(np.median(self.degrees_of_freedom))
        return float(np.quantile(draws / np.sqrt(rng.chisquare(degrees, BAND_DRAWS) / degrees), 1 - alpha))


def event_study(
    rows: Eligible,
    errors: Errors,
    *,
    reference: int = -1,
    anticipation: int = 0,
    leads: int | None = None,
    lags: int | None = None,
) -> EventStudy | Refusal:
    """`y = unit + period + sum of b_k 1[k periods since the start] + covariates`, without k = `reference`.

    Times before `-leads` and after `lags` share the end's effect. Untreated units have no time.

    >>> from impact_pipeline.stats.difference_in_differences.eligible import eligible
    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> outcome = [1.0, 3, 4, 2, 2, 3, 5, 6, 5, 7, 7, 8]
    >>> treated = [0, 0, 1] * 2 + [0] * 6
    >>> found = event_study(eligible(panel_of(np.repeat([1, 2, 3, 4], 3), [1, 2, 3] * 4, outcome, treated)), "CR2")
    >>> found.times, found.values.round(9).tolist()
    ((-2, 0), [-0.5, 1.0])
    """
    time, binned = _times(rows, leads, lags)
    seen = np.unique(time[rows.is_treated])
    if reference not in seen:
        detail = f"no treated unit was seen {-reference} periods before its start, which effects are measured against"
        return Refusal("not_identified", detail)
    times = tuple(int(k) for k in seen if k != reference)
    clusters = clusters_of(rows.panel)
    chosen = errors_for(clusters, errors)
    if isinstance(chosen, Refusal):
        return chosen
    columns = np.stack([(time == k).astype(np.float64) for k in times])
    fit = panel_regression(rows.panel, tuple(f"event {k}" for k in times), columns, chosen, clusters)
    if isinstance(fit, Refusal):
        return fit
    k = len(times)
    degrees = np.array([fit.degrees_of_freedom(row) for row in np.eye(len(fit.coefficients))[:k]])
    return EventStudy(
        times, reference, fit.coefficients[:k], fit.covariance[:k, :k], degrees, binned, fit, rows, anticipation
    )


def _times(rows: Eligible, leads: int | None, lags: int | None) -> tuple[Places, tuple[bool, bool]]:
    """Event times by row, the far ones at the ends, and whether there are any beyond each end."""
    since, treated = rows.since, rows.is_treated
    first, last = int(since[treated].min()), int(since[treated].max())
    low, high = (first if leads is None else -leads), (last if lags is None else lags)
    return np.where(treated, np.clip(since, low, high), rows.never), (first < low, last > high)
