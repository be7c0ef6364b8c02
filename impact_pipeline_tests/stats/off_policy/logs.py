"""Logs of decisions that the tests of off-policy values share: a published one, and draws of a known policy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions

DATA = Path(__file__).parents[2] / "analysis" / "data"


def open_bandit(policy: str) -> LoggedDecisions:
    """Ten thousand rounds of the Open Bandit Dataset (Saito et al. 2021), to value the uniform policy over 80 items."""
    rows = pd.read_csv(DATA / f"ope_obd_{policy}.csv.gz")
    n = len(rows)
    return LoggedDecisions(
        tuple(str(item) for item in range(80)),
        rows["item_id"].to_numpy(dtype=np.intp),
        rows["click"].to_numpy(dtype=np.float64),
        rows["propensity_score"].to_numpy(dtype=np.float64),
        np.full(n, 1 / 80),
        np.full((n, 80), 1 / 80),
        slots=("1", "2", "3"),
        slot=rows["position"].to_numpy(dtype=np.intp) - 1,
    )


def two_actions(rng: np.random.Generator, n: int, *, clusters: int | None = None) -> tuple[LoggedDecisions, float]:
    """b is logged with a chance that rises with the context, the target takes it with 0.8; the target's true value.

    Rewards are `1 + x + 2 x [b]` plus noise; with clusters, contexts and noise are shared within each.
    """
    cluster = None if clusters is None else np.arange(n) % clusters
    shared: Array = rng.normal(size=n) if cluster is None else rng.normal(size=clusters)[cluster]
    noise: Array = rng.normal(size=n) if cluster is None else rng.normal(size=clusters)[cluster]
    x = 0.5 * shared
    chance = 1 / (1 + np.exp(-x))
    action = (rng.random(n) < chance).astype(np.intp)
    reward = 1 + x + 2 * action + noise
    target = np.where(action == 1, 0.8, 0.2)
    policy = np.tile([0.2, 0.8], (n, 1))
    propensity = np.where(action == 1, chance, 1 - chance)
    log = LoggedDecisions(("a", "b"), action, reward, propensity, target, policy, {"x": x}, cluster=cluster)
    return log, 1 + 2 * 0.8
