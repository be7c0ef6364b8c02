"""The causal forest finds planted effects, tells errors that hold, and says what to install where it is not there."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from impact_pipeline.errors import InputError
from impact_pipeline.stats.heterogeneous_effects.causal_forest import causal_forest
from impact_pipeline.stats.heterogeneous_effects.nuisances import Nuisances
from impact_pipeline.stats.least_squares import Array

N = 1500


def planted() -> tuple[Array, Array, Array, Nuisances, Array]:
    """A randomised experiment whose effect is 2 where the first column is above 0, else 0; nuisances are the truth."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(N, 3))
    d = rng.permutation(np.arange(N) % 2).astype(np.float64)
    effects = np.where(x[:, 0] > 0, 2.0, 0.0)
    y = x[:, 1] + effects * d + rng.normal(size=N)
    return x, d, y, Nuisances(np.arange(N) % 5, np.full(N, 0.5), x[:, 1], x[:, 1] + effects), effects


def test_causal_forest_finds_planted_effects_of_units_it_did_not_see() -> None:
    x, d, y, nuisances, effects = planted()
    seen = nuisances.fold != 0
    found = causal_forest(x, d, y, nuisances, 0, trees=100)(seen)(x[~seen])
    assert np.corrcoef(found.effects, effects[~seen])[0, 1] > 0.9
    assert found.std_errors is not None
    far = np.abs(x[~seen, 0]) > 0.5
    held = np.abs(found.effects - effects[~seen]) < 2.5 * found.std_errors
    assert held[far].mean() > 0.85


def test_causal_forest_is_the_same_again() -> None:
    x, d, y, nuisances, _ = planted()
    everyone = np.ones(N, dtype=bool)
    first, again = (causal_forest(x, d, y, nuisances, 3, trees=20)(everyone)(x[:50]) for _ in range(2))
    assert (first.effects == again.effects).all()
    assert first.std_errors is not None
    assert again.std_errors is not None
    assert (first.std_errors == again.std_errors).all()


def test_without_econml_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "econml.grf", None)
    x, d, y, nuisances, _ = planted()
    with pytest.raises(InputError, match=r"install impact-pipeline\[forest\]"):
        causal_forest(x, d, y, nuisances, 0)
