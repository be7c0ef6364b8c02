"""What matching on an estimated score adds to the variance, or takes from it."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.binary_model import BinaryFit
from impact_pipeline.stats.propensity.neighbours import Runs, nearest_on_score
from impact_pipeline.stats.propensity.potential_means import Estimand
from impact_pipeline.stats.samples.cross_section import Places

NEAREST = 2
"""Neighbours that tell how outcome and covariates move together at one score (Stata's default)."""


def score_correction(
    outcome: Array, treatment: Array, model: BinaryFit, estimand: Estimand, effect: float, neighbours: int = NEAREST
) -> float:
    """Added to the variance of an effect matched on `model`'s scores.

    ATE: `- c' I^-1 c`, at most 0; ATT: `- c' I^-1 c + g' I^-1 g`, I the information of the score's model. Abadie,
    Imbens (2016), Econometrica 84, theorems 1 and 2, c by covariances of covariates and outcomes among neighbours.

    >>> from impact_pipeline.stats.propensity.binary_model import binary_model
    >>> from impact_pipeline.stats.propensity.columns import columns_of
    >>> x, d = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), np.array([0.0, 0.0, 1.0, 0.0, 1.0, 1.0])
    >>> score_correction(3 * x + d, d, binary_model(columns_of({"x": x}, 6), d, np.ones(6)), "ATE", 1.0) < 0
    True
    """
    p, slopes, target = model.scores, model.slopes, np.ones_like(treatment) if estimand == "ATE" else treatment
    near = [_near(p, np.flatnonzero(treatment == arm), neighbours) for arm in (0, 1)]
    along = [_covariances(model.columns.matrix, outcome, *one) for one in near]
    factors = (1 / (1 - p), 1 / p) if estimand == "ATE" else (p / (1 - p), np.ones_like(p))
    moved = sum(slopes[:, None] * factor[:, None] * cov for factor, cov in zip(factors, along, strict=True))
    c = np.sum(moved, axis=0) / target.sum()
    found = -float(c @ model.inverse @ c)
    if estimand == "ATE":
        return found
    other = np.where(treatment == 1, *(_means(outcome, *one) for one in near))
    gap = (2 * treatment - 1) * (outcome - other) - effect
    g = model.columns.matrix.T @ (slopes * gap) / target.sum()
    return found + float(g @ model.inverse @ g)


def _near(scores: Array, rows: Places, neighbours: int) -> tuple[Places, Runs]:
    return rows, nearest_on_score(scores, scores[rows], max(neighbours, NEAREST))


def _means(outcome: Array, rows: Places, runs: Runs) -> Array:
    return runs.means(outcome[rows])


def _covariances(matrix: Array, outcome: Array, rows: Places, runs: Runs) -> Array:
    """Of each column with the outcome among each unit's neighbours, (n, k)."""
    y = outcome[rows] - outcome[rows].mean()
    means, size = runs.means(y), runs.counts / np.maximum(runs.counts - 1, 1)
    columns = (matrix[rows, place] for place in range(matrix.shape[1]))
    return np.column_stack([size * (runs.means(x * y) - runs.means(x) * means) for x in columns])
