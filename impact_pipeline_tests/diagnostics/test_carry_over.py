from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.carry_over import CarryOver
from impact_pipeline.outcomes.blocks import BlockValues, block_values
from impact_pipeline.stats.moments import Moments, as_exact
from impact_pipeline.stats.switchback import SwitchbackMeans, carry_over
from impact_pipeline_tests.small_studies import START, Array, Group, cells, mean_metric, quantile_metric, study

DESIGN = {
    "type": "switchback", "cluster": "region", "block_minutes": 60, "washout_minutes": 15,
    "arms": {"control": 0.5, "treatment": 0.5}, "control": "control",
}  # fmt: skip
FOUND = study(mean_metric(), design=DESIGN)


def drawn(rng: np.random.Generator, lasting: float = 0.0, regions: int = 8, periods: int = 25) -> tuple[Array, Array]:
    treated = rng.integers(0, 2, (regions, periods))
    before = np.concatenate([np.zeros((regions, 1)), treated[:, :-1]], axis=1)
    level = rng.normal(500, 50, regions)[:, None]
    return np.round(level + 40 * treated + lasting * before + rng.normal(0, 20, treated.shape)).astype(
        np.int64
    ), treated


def groups(y: Array, treated: Array) -> list[Group]:
    return [
        Group(
            ("control", "treatment")[treated[r, p]],
            {"orders": Moments(1, int(v), int(v) ** 2)},
            START,
            (CLUSTER, f"r{r}@{p}"),
        )
        for (r, p), v in np.ndenumerate(y)
    ]


def checked(y: Array, treated: Array) -> Finding:
    return CarryOver().check(FOUND, Evidence(cells(*groups(y, treated)), START, {}))


def test_blocks_that_owe_nothing_to_the_one_before_pass() -> None:
    y, treated = drawn(np.random.default_rng(1))
    found = checked(y, treated)
    names = [f"r{r}@{p}" for (r, p), _ in np.ndenumerate(y)]
    arms = [(treated.ravel() == a).astype(int) for a in (1, 0)]
    values = block_values(names, *(Moments(n=as_exact(m), y=as_exact(y.ravel() * m)) for m in arms), ratio=False)
    assert isinstance(values, BlockValues)
    probe = carry_over(values.blocks, values.effects)
    assert isinstance(probe, SwitchbackMeans)
    assert found.passed is True
    assert f"{float(probe.means.change):+.3g} EUR" in found.sentence
    assert found.sentence.startswith("After 15 minutes of wash-out the arm of the block before does not show in Orders")


def test_an_effect_that_lasts_is_found() -> None:
    found = checked(*drawn(np.random.default_rng(2), lasting=20))
    assert (found.passed, found.consequence) == (False, "lower_grade")
    assert "still shows in Orders: +" in found.sentence


def test_arms_that_alternate_strictly_cannot_be_told_apart() -> None:
    y, _ = drawn(np.random.default_rng(3))
    found = checked(y, np.tile(np.arange(25) % 2, (8, 1)))
    assert found.passed is None
    assert found.sentence.startswith("Carry-over cannot be told: ")


def test_nothing_to_probe_is_told() -> None:
    none = CarryOver().check(FOUND, Evidence(cells(), START, {}))
    assert (none.passed, none.sentence) == (None, "Carry-over cannot be told: no block has any event yet.")
    quantile = study(quantile_metric("orders"), design=DESIGN)
    assert CarryOver().check(quantile, Evidence(cells(), START, {})).sentence.endswith("no success metric is a mean.")


def _alarms(trials: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    return sum(checked(*drawn(rng)).passed is False for _ in range(trials)) / trials


def test_size_is_kept() -> None:
    """200 trials at .01: 2 expected, 8 or more once in 1000."""
    assert _alarms(200, 4) <= 0.035


@pytest.mark.slow
def test_size_over_many_trials() -> None:
    """3000 trials at .01: Monte-Carlo error 0.0018."""
    assert _alarms(3000, 5) <= 0.0155
