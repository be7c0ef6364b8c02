from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pysyncon import Synth
from synthdid import sc_estimate

from impact_pipeline.stats.synthetic_control.outcome_only import held_out_mspe, outcome_only
from impact_pipeline.stats.synthetic_control.simplex import simplex_weights
from impact_pipeline_tests.stats.synthetic_control.panels import block, california, drawn

PUBLISHED = -19.62
"""Arkhangelsky, Athey, Hirshberg, Imbens, Wager (2021), AER 111, Table 1: -19.6; their package prints -19.620."""
OPTIMUM = -19.5136
"""The exact minimiser, below the published search's objective: 2.7437 against 2.7717."""
SLSQP = 2e-3
"""The oracle's own precision in an effect, with tight options."""


def test_outcome_only_ends_at_the_optimum_and_the_published_search_before_it() -> None:
    whole = block(california())
    exact, early = outcome_only(whole), outcome_only(whole, early_stopped=True)
    assert early.effect == pytest.approx(PUBLISHED, abs=0.005)
    assert exact.effect == pytest.approx(OPTIMUM, abs=5e-5)
    assert exact.pre_mspe == pytest.approx(2.7437, abs=5e-5)
    assert early.pre_mspe == pytest.approx(2.7717, abs=5e-5)


def test_the_published_search_is_that_of_the_papers_software() -> None:
    whole = block(california())
    rows = np.vstack([whole.donors, whole.target])
    oracle = sc_estimate(rows, len(whole.donors), whole.starts)
    found = outcome_only(whole, early_stopped=True)
    assert found.effect == pytest.approx(float(oracle), abs=1e-8)
    np.testing.assert_allclose(found.weights, oracle.weights.omega, atol=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_outcome_only_agrees_with_pysyncon_given_equal_weights_of_periods(seed: int) -> None:
    whole = drawn(seed, before=25)
    before = pd.DataFrame(whole.donors[:, : whole.starts].T)
    target = pd.Series(whole.target[: whole.starts], name="treated")
    spread = np.column_stack([before, target]).std(axis=1, ddof=1)
    oracle = Synth()
    oracle.fit(X0=before, X1=target, Z0=before, Z1=target, custom_V=spread**2)
    theirs = np.mean(whole.target[whole.starts :] - oracle.W @ whole.donors[:, whole.starts :])
    ours = outcome_only(whole)
    assert ours.pre_mspe <= oracle.loss_V + 1e-9
    assert ours.effect == pytest.approx(theirs, abs=5e-3)


def test_outcome_only_is_judged_over_the_periods_that_are_asked_for() -> None:
    whole = drawn(3)
    later = whole.between(6, len(whole.periods), whole.starts)
    masked = whole.with_outcomes(whole.outcomes, whole.starts)
    masked.judged[:6] = False
    np.testing.assert_allclose(outcome_only(masked).weights, outcome_only(later).weights, atol=1e-10)


def test_held_out_mspe_is_that_of_weights_found_without_the_period() -> None:
    whole = drawn(5)
    points, target = whole.donors[:, : whole.starts], whole.target[: whole.starts]
    gaps = [
        target[t] - simplex_weights(np.delete(points, t, axis=1), np.delete(target, t)) @ points[:, t]
        for t in range(whole.starts)
    ]
    found = held_out_mspe(points, target, np.array([0]))
    assert found == pytest.approx(float(np.mean(np.square(gaps))), rel=1e-8)
    assert outcome_only(whole, held_out=True).error == pytest.approx(found**0.5, rel=1e-8)
    assert found > outcome_only(whole).pre_mspe
