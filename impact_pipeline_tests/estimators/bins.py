"""Units of control in bins, as an A/A simulation reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from impact_pipeline.catalog.designs import BIN
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline_tests.small_studies import START, Array, Group, cells, moments

Units = Mapping[str, tuple[Array, ...]]
"""Metric -> outcomes, and denominators and covariates where it has them; each bins x units."""


def in_bins(units: Units, day: date = START, arm: str = "control") -> list[Group]:
    """A group for each bin."""
    count = len(next(iter(units.values()))[0])

    def of(place: int) -> Group:
        found = {name: moments(y[place], *(part[place] for part in more)) for name, (y, *more) in units.items()}
        return Group(arm, found, day, (BIN, f"{place:02x}"))

    return [of(place) for place in range(count)]


def bins(units: Units) -> Cells:
    return cells(*in_bins(units))


def drawn(rng: np.random.Generator, units: int = 60, shock: float = 0.0) -> Array:
    """Skewed outcomes of 64 bins; with a shock the units of a bin move together."""
    together = np.exp(rng.normal(0, shock, (64, 1)))
    found: Array = rng.poisson(rng.gamma(1.0, 3.0, (64, units)) * together)
    return found
