"""Unit effects and their validation come together, by either method, the same on repeat."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.heterogeneous_effects.exploration import Exploration, UnitEffectMethod, explored
from impact_pipeline.stats.heterogeneous_effects.folds import drawn_folds
from impact_pipeline.stats.heterogeneous_effects.nuisances import Nuisances, cross_fitted_nuisances
from impact_pipeline.stats.least_squares import Array

N = 900


def planted(effect: float) -> tuple[dict[str, Array], Array, Array, Nuisances]:
    rng = np.random.default_rng(21)
    columns = {name: rng.normal(size=N) for name in ("age", "orders", "noise")}
    d = rng.permutation(np.arange(N) % 2).astype(np.float64)
    y = columns["orders"] + d * (1 + effect * columns["age"]) + rng.normal(size=N)
    x = np.column_stack(list(columns.values()))
    found = cross_fitted_nuisances(x, d, y, drawn_folds(d, 4, rng), "linear", 0, score=np.full(N, 0.5))
    assert isinstance(found, Nuisances)
    return columns, d, y, found


def run(method: UnitEffectMethod, effect: float) -> Exploration:
    columns, d, y, nuisances = planted(effect)
    return explored(columns, d, y, nuisances, np.random.default_rng(2), method=method, learner="linear")


@pytest.mark.parametrize("method", ["doubly_robust", "causal_forest"])
def test_explored_finds_what_effects_go_by(method: UnitEffectMethod) -> None:
    found, again = run(method, 1.0), run(method, 1.0)
    assert found.names == ("age", "orders", "noise")
    assert found.units.importances[0] > 0.8
    assert found.validation.p_value < 0.001
    assert found.validation.groups[0].value < found.validation.groups[-1].value
    assert (found.units.effects == again.units.effects).all()
    assert found.validation == again.validation
    assert (found.units.std_errors is None) == (method == "doubly_robust")


def test_explored_claims_nothing_of_an_even_effect() -> None:
    assert run("doubly_robust", 0.0).validation.p_value > 0.05
