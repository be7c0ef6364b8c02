"""The average effect of the treated by two-way fixed effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats.difference_in_differences.clusters import Clusters, clusters_of, too_few
from impact_pipeline.stats.difference_in_differences.eligible import Eligible
from impact_pipeline.stats.difference_in_differences.panel_regression import (
    ErrorsName,
    Inferred,
    PanelFit,
    panel_regression,
)
from impact_pipeline.stats.refusal import Refusal

Errors = Literal["auto"] | ErrorsName


@dataclass(frozen=True, eq=False)
class AverageEffect:
    """The effect, its regression, and the treated rows' mean outcome where treatment is all or nothing."""

    inferred: Inferred
    fit: PanelFit
    rows: Eligible
    treated_mean: float | None


def errors_for(clusters: Clusters, errors: Errors) -> ErrorsName | Refusal:
    """`auto`: CR1 with many clusters of both sides (see `clusters`), else CR2; with one cluster of a side, refused.

    >>> errors_for(Clusters(np.zeros(1, dtype=np.intp), 30, 3, 27, True), "auto")
    'CR2'
    """
    if errors != "auto":
        return errors
    return too_few(clusters) or ("CR1" if clusters.are_many else "CR2")


def average_effect(
    rows: Eligible, errors: Errors, alpha: float, rng: np.random.Generator, *, anticipation: int = 0
) -> AverageEffect | Refusal:
    """`y = unit + period + b d + covariates`: b, with d the share of the period under treatment.

    With one start for all it is the effect on the treated, averaged over their periods, where trends are parallel;
    with several starts it weighs effects by what the regression can tell, some below 0 (Goodman-Bacon 2021, Journal
    of Econometrics 225). Rows of the treated within `anticipation` periods before their start are left out.

    >>> from impact_pipeline.stats.difference_in_differences.eligible import eligible
    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> outcome = [1.0, 4, 2, 3, 5, 5, 7, 8]
    >>> rows = eligible(panel_of([1, 1, 2, 2, 3, 3, 4, 4], [1, 2] * 4, outcome, [0, 1, 0, 1, 0, 0, 0, 0]))
    >>> found = average_effect(rows, "auto", 0.05, np.random.default_rng(0))
    >>> round(found.inferred.value, 9), found.fit.errors, round(found.treated_mean, 9)
    (1.5, 'CR2', 3.5)
    """
    kept = rows.without_anticipation(anticipation)
    clusters = clusters_of(kept.panel)
    chosen = errors_for(clusters, errors)
    if isinstance(chosen, Refusal):
        return chosen
    if clusters.count < 2 and chosen not in ("classical", "HC1"):
        return Refusal("too_few_clusters", "all rows belong to one cluster; errors need at least two")
    fit = panel_regression(kept.panel, ("the treatment",), kept.panel.treated[None, :], chosen, clusters)
    if isinstance(fit, Refusal):
        return fit
    found = fit.combination(np.ones(1), alpha, rng)
    return found if isinstance(found, Refusal) else AverageEffect(found, fit, kept, _treated_mean(kept))


def _treated_mean(rows: Eligible) -> float | None:
    on = rows.panel.treated > 0
    if not np.isin(rows.panel.treated, (0.0, 1.0)).all():
        return None
    weights = None if rows.panel.weights is None else rows.panel.weights[on]
    return float(np.average(rows.panel.outcome[on], weights=weights))
