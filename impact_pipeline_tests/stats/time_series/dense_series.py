"""The same models written out with whole covariance matrices: slow, and with nothing in common with band matrices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.linalg import null_space

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.time_series.level_path import LevelPath, LocalLevel, LocalLinearTrend
from impact_pipeline.stats.time_series.level_regression import Observed

DATA = Path(__file__).parent / "data"


def nile() -> tuple[Array, Array]:
    """Years and annual flow at Aswan, 1871-1970."""
    rows = pd.read_csv(DATA / "nile.csv")
    return rows["year"].to_numpy(dtype=np.int64), rows["volume"].to_numpy(dtype=np.float64)


def observed(outcome: Array, path: LevelPath | None, columns: Array | None = None, shrunk: int = 0) -> Observed:
    """NaN where nothing was seen."""
    seen = np.isfinite(outcome)
    wide = np.empty((len(outcome), 0)) if columns is None else columns
    names = tuple(f"x{place}" for place in range(wide.shape[1]))
    return Observed(np.where(seen, outcome, 0.0), seen.astype(np.float64), wide, names, shrunk, path)


def level_covariance(length: int, ratios: tuple[float, ...]) -> tuple[Array, Array]:
    """Covariance of levels that start at 0 (with slope 0), and the directions of a start of which nothing is known."""
    steps = np.tril(np.ones((length, length)), -1) * ratios[0]
    covariance, diffuse = steps @ steps.T, np.ones((length, 1))
    if len(ratios) == 2:
        slopes = np.array([[max(t - s - 1, 0) for s in range(length)] for t in range(length)]) * ratios[1]
        covariance, diffuse = covariance + slopes @ slopes.T, np.column_stack([diffuse, np.arange(length)])
    return covariance, diffuse


def dense(of: Observed, ratios: tuple[float, ...], ridge: float) -> tuple[Array, Array]:
    """Covariance in units of s^2 of all periods' outcomes, and the directions without a prior."""
    length = len(of.outcome)
    covariance, diffuse = (
        level_covariance(length, ratios) if ratios else (np.zeros((length, length)), np.empty((length, 0)))
    )
    shrunk = of.columns[:, of.flat :]
    covariance = covariance + np.eye(length) + ridge**2 * shrunk @ shrunk.T
    return covariance, np.column_stack([diffuse, of.columns[:, : of.flat]])


def contrast_likelihood(of: Observed, ratios: tuple[float, ...], ridge: float) -> tuple[float, float]:
    """Minus half the log determinant, and the sum of squares, of contrasts that the unknown directions do not touch."""
    covariance, diffuse = dense(of, ratios, ridge)
    rows = of.seen > 0
    free = null_space(diffuse[rows].T) if diffuse.shape[1] else np.eye(int(rows.sum()))
    inner = free.T @ covariance[np.ix_(rows, rows)] @ free
    left = free.T @ of.outcome[rows]
    return -float(np.linalg.slogdet(inner)[1]) / 2, float(left @ np.linalg.solve(inner, left))


def foretold(of: Observed, ratios: tuple[float, ...], ridge: float) -> tuple[Array, Array]:
    """Mean and covariance (over s^2) of level and regression in all periods, given what was seen: universal kriging."""
    covariance, diffuse = dense(of, ratios, ridge)
    rows = of.seen > 0
    signal, inverse = covariance - np.eye(len(covariance)), np.linalg.inv(covariance[np.ix_(rows, rows)])
    gram = diffuse[rows].T @ inverse @ diffuse[rows]
    start = np.linalg.solve(gram, diffuse[rows].T @ inverse @ of.outcome[rows])
    gain = signal[:, rows] @ inverse
    left = diffuse - gain @ diffuse[rows]
    mean = diffuse @ start + gain @ (of.outcome[rows] - diffuse[rows] @ start)
    return mean, signal - gain @ signal[rows] + left @ np.linalg.solve(gram, left.T)


PATHS = {1: LocalLevel, 2: LocalLinearTrend}
