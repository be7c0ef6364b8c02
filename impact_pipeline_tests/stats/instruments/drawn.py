"""Rows with instruments that the tests of this package share: drawn ones, and published ones of the data folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from impact_pipeline.stats.instruments.instrumented import Errors, Instrumented, instrumented
from impact_pipeline.stats.least_squares import Array

PUBLISHED = Path(__file__).parents[2] / "analysis" / "data"
REGIONS = tuple(f"reg66{place}" for place in range(2, 10))
CARD = ("exper", "expersq", "black", "smsa", "south", "smsa66", *REGIONS)


@dataclass(frozen=True)
class Draw:
    outcome: Array
    treatment: Array
    instruments: dict[str, Array]
    covariates: dict[str, Array]
    cluster: NDArray[np.intp]

    def rows(self, errors: Errors, *, weights: Array | None = None) -> Instrumented:
        cluster = self.cluster if errors == "cluster" else None
        found = instrumented(
            self.outcome, self.treatment, self.instruments, self.covariates,
            errors=errors, cluster=cluster, weights=weights,
        )  # fmt: skip
        assert isinstance(found, Instrumented), found
        return found

    @property
    def exogenous(self) -> Array:
        return np.column_stack([np.ones(len(self.outcome)), *self.covariates.values()])

    @property
    def excluded(self) -> Array:
        return np.column_stack(list(self.instruments.values()))


def drawn(seed: int, *, n: int = 400, instruments: int = 3, strength: float = 0.4, effect: float = 0.5) -> Draw:
    """Confounded treatment, errors that grow with an instrument and are shared within 25 clusters."""
    rng = np.random.default_rng(seed)
    cluster = rng.integers(25, size=n)
    x, z = rng.normal(size=(2, n)) + 3.0, rng.normal(size=(instruments, n))
    hidden = rng.normal(size=n) + rng.normal(size=25)[cluster] * 0.5
    treatment = strength * z.sum(axis=0) + 0.3 * x[0] + hidden + rng.normal(size=n)
    noise = rng.normal(size=n) * (1 + 0.5 * np.abs(z[0]))
    outcome = effect * treatment + x[1] - hidden + noise
    return Draw(
        outcome, treatment, {f"z{j}": own for j, own in enumerate(z)}, {"x0": x[0], "x1": x[1]}, cluster
    )  # fmt: skip


def card(*instruments: str, errors: Errors = "classical") -> Instrumented:
    """Card (1995): wages of 3,010 men, schooling moved by a college nearby."""
    return _published("iv_card.csv.gz", instruments, CARD, errors)


def mroz(errors: Errors = "classical") -> Instrumented:
    """Mroz (1987): wages of 428 working women, schooling moved by that of their parents."""
    return _published("iv_mroz.csv", ("motheduc", "fatheduc"), ("exper", "expersq"), errors)


def _published(name: str, instruments: tuple[str, ...], covariates: tuple[str, ...], errors: Errors) -> Instrumented:
    rows = pd.read_csv(PUBLISHED / name).astype(np.float64)
    found = instrumented(
        rows["lwage"].to_numpy(), rows["educ"].to_numpy(),
        {z: rows[z].to_numpy() for z in instruments}, {x: rows[x].to_numpy() for x in covariates}, errors=errors,
    )  # fmt: skip
    assert isinstance(found, Instrumented), found
    return found
