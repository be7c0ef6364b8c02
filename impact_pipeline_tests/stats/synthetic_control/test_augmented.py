from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pysyncon import AugSynth, Dataprep

from impact_pipeline.stats.synthetic_control.augmented import augmented, chosen_ridge
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.outcome_only import outcome_only
from impact_pipeline_tests.stats.synthetic_control.panels import block, california, drawn

ORACLE = 5e-3
"""The oracle's inner optimiser stops at about this distance in an effect."""


def _oracle(whole: Block, ridge: float) -> float:
    rows = pd.DataFrame(
        {
            "unit": np.repeat(whole.names, len(whole.periods)),
            "period": np.tile(np.arange(len(whole.periods)), len(whole.names)),
            "y": whole.outcomes.ravel(),
        }
    )
    asked = Dataprep(
        foo=rows, predictors=["y"], predictors_op="mean", dependent="y", unit_variable="unit", time_variable="period",
        treatment_identifier=whole.names[0], controls_identifier=list(whole.donor_names),
        time_predictors_prior=range(whole.starts), time_optimize_ssr=range(whole.starts),
    )  # fmt: skip
    found = AugSynth()
    found.fit(dataprep=asked, lambda_=ridge)
    return float(np.mean(whole.target[whole.starts :] - found.W @ whole.donors[:, whole.starts :]))


@pytest.mark.parametrize("ridge", [1.0, 50.0, 1000.0])
def test_augmented_agrees_with_pysyncon_at_a_given_ridge(ridge: float) -> None:
    for whole in (drawn(0), block(california())):
        assert augmented(whole, ridge=ridge).effect == pytest.approx(_oracle(whole, ridge), abs=ORACLE)


def test_augmented_comes_to_the_convex_weights_as_the_ridge_grows() -> None:
    whole = drawn(2)
    np.testing.assert_allclose(augmented(whole, ridge=1e12).weights, outcome_only(whole).weights, atol=1e-9)


def test_augmented_depends_on_its_rules_and_tells_its_ridge() -> None:
    whole = block(california())
    found = {
        "one_standard_error": augmented(whole),
        "least_error": augmented(whole, rule="least_error"),
        "unit_means": augmented(whole, unit_means=True),
    }
    assert found["least_error"].numbers["ridge"] < found["one_standard_error"].numbers["ridge"]
    assert len({round(one.effect, 3) for one in found.values()}) == 3
    for one in found.values():
        assert one.weights.sum() == pytest.approx(1)
        assert one.weights.min() < 0


def test_unit_means_make_levels_irrelevant() -> None:
    whole = drawn(4)
    moved = whole.with_outcomes(whole.outcomes + np.arange(len(whole.outcomes))[:, None], whole.starts)
    effects = [augmented(one, unit_means=True, held_out=True) for one in (whole, moved)]
    assert effects[0].effect == pytest.approx(effects[1].effect)
    assert effects[0].error == pytest.approx(effects[1].error)


def test_a_given_ridge_is_kept_and_its_held_out_error_told() -> None:
    whole = drawn(1)
    ridge, error = chosen_ridge(
        whole.donors[:, : whole.starts], whole.target[: whole.starts], "least_error", ridge=3.0
    )  # fmt: skip
    assert ridge == 3.0
    assert augmented(whole, ridge=3.0, held_out=True).held_out_mspe == pytest.approx(error)


def test_augmented_with_two_periods_or_one_donor_is_the_convex_average() -> None:
    short = drawn(0, before=2)
    assert np.isfinite(augmented(short).effect)
    alone = drawn(0).without([str(place) for place in range(2, 16)])
    assert augmented(alone).weights.tolist() == [1.0]
