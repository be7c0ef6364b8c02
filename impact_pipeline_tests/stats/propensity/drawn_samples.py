"""Small samples of chosen treatment."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.samples.cross_section import CrossSection


def chosen(n: int, seed: int, *, effect: float = 1.0, weighted: bool = False) -> CrossSection:
    """Treatment by two covariates that move the outcome too."""
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=n), rng.normal(size=n)
    treated = (rng.random(n) < 1 / (1 + np.exp(-0.5 * one + 0.3 * two))).astype(np.float64)
    outcome = one + 0.5 * two + effect * treated * (1 + 0.2 * one) + rng.normal(size=n)
    weights = rng.uniform(0.5, 2, size=n) if weighted else None
    return CrossSection(outcome, treated, {"one": one, "two": two}, weights=weights)
