"""Settings of matching."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline_tests.estimators.causal.observational_questions import effect, effects_of, refusal
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen
from impact_pipeline_tests.stats.propensity.published_samples import births, trainees

SAMPLE = chosen(600, 3)
PRINTED_TENTH = 0.05


def test_sekhons_example() -> None:
    settings = {"tie_tolerance": 1e-5, "variance_neighbours": 0, "score_is_estimated": False}
    found = effects_of(trainees(), estimator="matching", estimand="ATT", matching=settings)
    main = effect(found.main)
    assert main.value == pytest.approx(2153.3, abs=PRINTED_TENTH)
    assert main.std_error == pytest.approx(825.4, abs=PRINTED_TENTH)
    assert main.p_value == pytest.approx(0.00909, abs=5e-6)
    assert found.numbers["pairs"] == 346


def test_statas_psmatch() -> None:
    main = effect(effects_of(births(), estimator="matching").main)
    assert main.value == pytest.approx(-210.9683, abs=5e-4)
    assert main.std_error == pytest.approx(32.021, abs=5e-4)


@pytest.mark.parametrize("on", ["propensity", "mahalanobis", "inverse_variance"])
@pytest.mark.parametrize("neighbours", [1, 4])
@pytest.mark.parametrize("bias_correction", [False, True])
def test_every_way_of_matching_finds_the_effect(on: str, neighbours: int, bias_correction: bool) -> None:
    settings = {"on": on, "neighbours": neighbours, "bias_correction": bias_correction}
    main = effect(effects_of(SAMPLE, estimator="matching", matching=settings).main)
    assert abs(main.value - 1) < 4 * (main.std_error or 0)


def test_more_neighbours_are_more_precise() -> None:
    errors = [
        effect(effects_of(SAMPLE, estimator="matching", matching={"neighbours": neighbours}).main).std_error or 0.0
        for neighbours in (1, 3, 10)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_a_caliper_leaves_units_out_and_says_so() -> None:
    found = effects_of(SAMPLE, estimator="matching", estimand="ATT", matching={"caliper": 0.001})
    unmatched = SAMPLE.treatment.sum() - found.numbers["matched units"]
    assert unmatched > 0
    assert f"{unmatched:.0f} units have no match within the caliper: the effect is of those who have." in found.notes


def test_units_used_once_make_as_many_pairs() -> None:
    few = SAMPLE.keep((SAMPLE.treatment == 0) | (np.arange(600) < 200))
    found = effects_of(few, estimator="matching", estimand="ATT", matching={"replacement": False})
    assert found.numbers["pairs"] == few.treatment.sum() == found.numbers["effective untreated units"]


@pytest.mark.parametrize("change", [{"weights": np.ones(600)}, {"cluster": np.arange(600)}])
def test_weights_and_clusters_are_refused(change: dict[str, object]) -> None:
    found = effects_of(replace(SAMPLE, **change), estimator="matching")  # type: ignore[arg-type]
    assert "take aipw, ipw or a regression" in refusal(found.main).detail


def test_matching_without_covariates_is_refused() -> None:
    found = effects_of(replace(SAMPLE, covariates={}), estimator="matching")
    assert refusal(found.main).reason == "not_identified"
