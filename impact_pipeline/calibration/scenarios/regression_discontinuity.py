"""Discontinuities with a known jump, smooth ones and such in which units choose their side or something else jumps."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity
from impact_pipeline.stats.samples.cross_section import CrossSection

Floats = NDArray[np.float64]

BELOW = (0.5, 0.9, 0.5)
ABOVE = (0.5, 0.6, -0.4)
"""Level, slope and bend of the outcome in the score, on both sides."""
NOISE = 0.3
MOVED_WIDTH, MOVED_SHARE = 0.12, 0.5
"""Half of the units this near below the cut-off move just above it."""
TAKE_UP = (0.25, 0.75)
"""Share treated below and above a fuzzy cut-off."""
WEAK_TAKE_UP = (0.3, 0.42)
GROUP = 10
"""Units of a cluster, which share half of their noise."""


def scores(units: int, rng: np.random.Generator) -> Floats:
    """Scores in -1 .. 1, denser below 0."""
    return np.asarray(2 * rng.beta(2, 4, units) - 1, dtype=np.float64)


def curve(score: Floats) -> Floats:
    """The outcome without treatment, bent differently on both sides and continuous at 0.

    >>> curve(np.array([-1.0, 0.0, 1.0])).round(6).tolist()
    [0.1, 0.5, 0.7]
    """
    below, above = (np.polynomial.polynomial.polyval(score, terms) for terms in (BELOW, ABOVE))
    return np.where(score < 0, below, above)


def sharp(rng: np.random.Generator, *, units: int = 4000, effect: float = 0.2) -> Drawn:
    """A jump between two bent lines, and a covariate that moves with the score."""
    score = scores(units, rng)
    treated = (score >= 0).astype(np.float64)
    outcome = curve(score) + effect * treated + NOISE * rng.normal(size=units)
    return Drawn(CrossSection(outcome, treated, {"before": _before(score, rng)}, score=score), effect)


def clustered(rng: np.random.Generator, *, groups: int = 300, effect: float = 0.2) -> Drawn:
    """Units of a group have scores and outcomes near each other's, on both sides of the cut-off."""
    cluster = np.repeat(np.arange(groups), GROUP)
    score = np.clip(np.repeat(scores(groups, rng), GROUP) + 0.2 * rng.normal(size=len(cluster)), -1, 1)
    treated = (score >= 0).astype(np.float64)
    noise = NOISE * (np.repeat(rng.normal(size=groups), GROUP) + rng.normal(size=len(cluster))) / np.sqrt(2)
    return Drawn(CrossSection(curve(score) + effect * treated + noise, treated, score=score, cluster=cluster), effect)


def fuzzy(rng: np.random.Generator, *, units: int = 4000, effect: float = 0.3) -> Drawn:
    """Half of the units are moved by the cut-off; those who are treated anyway have better outcomes."""
    score = scores(units, rng)
    luck = rng.uniform(size=units)
    treated = (luck < np.where(score >= 0, TAKE_UP[1], TAKE_UP[0])).astype(np.float64)
    ability = np.where(luck < TAKE_UP[0], 0.2, 0.0)
    outcome = curve(score) + ability + effect * treated + NOISE * rng.normal(size=units)
    return Drawn(CrossSection(outcome, treated, {"before": _before(score, rng)}, score=score), effect)


def manipulated(rng: np.random.Generator, *, units: int = 4000) -> Drawn:
    """Able units just below the cut-off lift their score above it; treatment does nothing."""
    score = scores(units, rng)
    ability = rng.normal(size=units)
    moves = (score < 0) & (score >= -MOVED_WIDTH) & (ability > np.quantile(ability, 1 - MOVED_SHARE))
    seen = np.where(moves, rng.uniform(0, MOVED_WIDTH / 2, units), score)
    outcome = curve(score) + 0.2 * ability + NOISE * rng.normal(size=units)
    treated = (seen >= 0).astype(np.float64)
    return Drawn(CrossSection(outcome, treated, {"before": _before(score, rng)}, score=seen), 0.0)


def another_change(rng: np.random.Generator, *, units: int = 2000) -> Drawn:
    """Units above the cut-off are others than below: what was known before jumps, and moves the outcome."""
    score = scores(units, rng)
    treated = (score >= 0).astype(np.float64)
    before = _before(score, rng) + 1.0 * treated
    outcome = curve(score) + 0.2 * before + NOISE * rng.normal(size=units)
    return Drawn(CrossSection(outcome, treated, {"before": before}, score=score), 0.0)


def barely_moved(rng: np.random.Generator, *, units: int = 2000) -> Drawn:
    """A fuzzy cut-off that hardly moves the treatment."""
    score = scores(units, rng)
    treated = (rng.uniform(size=units) < np.where(score >= 0, WEAK_TAKE_UP[1], WEAK_TAKE_UP[0])).astype(np.float64)
    outcome = curve(score) + 0.3 * treated + NOISE * rng.normal(size=units)
    return Drawn(CrossSection(outcome, treated, score=score), 0.3)


def _before(score: Floats, rng: np.random.Generator) -> Floats:
    return np.asarray(score + rng.normal(size=len(score)), dtype=np.float64)


def _design(**settings: Any) -> RegressionDiscontinuity:
    return RegressionDiscontinuity(type="regression_discontinuity", **settings)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("discontinuity", "A jump between lines bent differently on both sides", _design(), sharp),
    Scenario("discontinuity_without_effect", "The same lines, no jump", _design(), partial(sharp, effect=0.0)),
    Scenario("fuzzy_discontinuity", "Half of the units follow the cut-off", _design(fuzzy=True), fuzzy),
    Scenario("clustered_discontinuity", "Units of a group lie on both sides", _design(errors="cluster"), clustered),
    Scenario(
        "manipulated_score", "Able units lift themselves over the cut-off", _design(), manipulated,
        broken="units choose their side", expects=("density",),
    ),
    Scenario(
        "another_change_at_the_cutoff", "Another change moves units and outcome at the same cut-off", _design(),
        another_change, broken="a covariate jumps", expects=("covariate_continuity",),
    ),
    Scenario(
        "cutoff_hardly_moves_treatment", "The cut-off moves an eighth of the units", _design(fuzzy=True), barely_moved,
        broken="weak first stage", expects=("weak_first_stage",),
    ),
)  # fmt: skip
