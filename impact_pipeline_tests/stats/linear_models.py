"""Rows that the tests of linear models share: published data sets, and clusters drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from impact_pipeline.stats.least_squares import Array, Fit, least_squares
from impact_pipeline.stats.refusal import Refusal

DATA = Path(__file__).parent / "data"


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / name)


def fitted(columns: Array, outcome: Array, **options: object) -> Fit:
    found = least_squares(columns, outcome, **options)  # type: ignore[arg-type]
    assert isinstance(found, Fit), found
    return found


def refused(found: object) -> Refusal:
    assert isinstance(found, Refusal), found
    return found


def with_mean(*columns: Array) -> Array:
    return np.column_stack([np.ones(len(columns[0])), *columns])


def dummies(labels: Array) -> Array:
    """One column for each label but the first."""
    return (np.asarray(labels)[:, None] == np.unique(labels)[1:]).astype(np.float64)


def petersen() -> tuple[pd.DataFrame, Fit]:
    """Petersen's (2009) simulated panel: 500 firms, 10 years, y on x."""
    rows = read("cluster_petersen.csv")
    return rows, fitted(with_mean(rows["x"]), rows["y"])


def waves() -> tuple[Fit, NDArray[np.int64]]:
    """Twenty rows that a formula gives, in three clusters; the tests of R's dfadjust compare them with Stata."""
    y = np.concatenate([np.cos(np.arange(10)), np.tan(np.arange(1, 11))])
    x = np.concatenate([np.sin(np.arange(1, 11)), np.sin(np.arange(2, 12))])
    return fitted(with_mean(x), y), np.tile([2, 1, 3, 2, 2, 3, 3, 1, 1, 2], 2)


@dataclass(frozen=True, slots=True)
class Trial:
    outcome: Array
    treated: NDArray[np.bool_]
    clusters: NDArray[np.int64]


def cluster_trial(rng: np.random.Generator, clusters: int, effect: float = 0.0) -> Trial:
    """Clusters of 5 to 59 rows, half of them treated, with a fifth of the variance between clusters."""
    labels = np.repeat(np.arange(clusters), rng.integers(5, 60, clusters))
    treated = np.isin(labels, rng.permutation(clusters)[: clusters // 2])
    outcome = 0.5 * rng.normal(size=clusters)[labels] + rng.normal(size=len(labels)) + effect * treated
    return Trial(outcome, treated, labels)
