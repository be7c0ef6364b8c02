"""Questions about drawn units that adopt at different times."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact_pipeline.catalog.causal.staggered_adoption import StaggeredAdoption
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.estimators.causal.group_time_effects import GroupTimeEffects
from impact_pipeline.stats.samples.panel import Panel, panel_of

PERIODS = 6
FIRST = np.array([2] * 40 + [4] * 40 + [6] * 60)
Asked = Question[Panel, StaggeredAdoption]


def panel(
    first: Any = FIRST, *, seed: int = 0, effect: float = 1.0, before: float = 0.0, trend: float = 0.0, **given: Any
) -> Panel:
    """Effects that grow by `effect` a period, a reaction `before`, a `trend` of adopters; years from 2001 on."""
    n, rng = len(first), np.random.default_rng(seed)
    since = np.arange(PERIODS) - np.asarray(first)[:, None]
    outcome = rng.normal(size=(n, 1)) + rng.normal(size=(n, PERIODS)) + np.where(since >= 0, effect * (1 + since), 0)
    outcome += np.where(since == -1, before, 0.0) + trend * np.arange(PERIODS) * (np.asarray(first) < PERIODS)[:, None]
    years = np.tile(np.arange(2001, 2001 + PERIODS), n).tolist()
    unit = np.repeat(np.arange(n), PERIODS).tolist()
    return panel_of(unit, years, outcome.ravel(), (since >= 0).astype(float).ravel(), **given)


def asked(sample: Panel | None = None, **settings: Any) -> Asked:
    design = StaggeredAdoption.model_validate({"type": "staggered_adoption", **settings})
    return Question(panel() if sample is None else sample, design)


def answered(question: Asked) -> Effects:
    return GroupTimeEffects().effects(question)
