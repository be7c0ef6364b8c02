"""What every observational method tells beside its effect, and the bad samples that all of them meet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impact_pipeline.causal.base import Effect
from impact_pipeline.causal.exhibits import Balance, Histogram
from impact_pipeline_tests.estimators.causal.observational_questions import effect, effects_of, refusal
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen

SAMPLE = chosen(400, 1)
METHODS: tuple[dict[str, Any], ...] = (
    {"estimator": "aipw"},
    {"estimator": "ipw"},
    {"estimator": "ipwra"},
    {"estimator": "regression_adjustment"},
    {"estimator": "regression"},
    {"estimator": "entropy_balancing"},
    {"estimator": "matching"},
)


def _name(settings: dict[str, Any]) -> str:
    return str(settings["estimator"])


@pytest.mark.parametrize("settings", METHODS, ids=_name)
@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
def test_every_method_finds_the_planted_effect(settings: dict[str, Any], estimand: str) -> None:
    found = effect(effects_of(chosen(4_000, 2), estimand=estimand, **settings).main)
    assert found.std_error is not None
    assert abs(found.value - 1.05) < 4 * found.std_error + 0.05
    assert found.estimand == estimand
    assert found.treated is not None
    assert found.untreated is not None
    assert found.treated - found.untreated == pytest.approx(found.value)


@pytest.mark.parametrize("settings", METHODS, ids=_name)
def test_every_method_tells_others_and_shows_balance_and_scores(settings: dict[str, Any]) -> None:
    found = effects_of(SAMPLE, **settings)
    assert "crude" in found.others
    assert {"ipw", "aipw"} - {settings["estimator"]} <= set(found.others)
    assert settings["estimator"] not in found.others
    balance, scores = found.exhibits
    assert isinstance(balance, Balance)
    assert [row.covariate for row in balance.rows] == ["one", "two", "propensity score"]
    assert isinstance(scores, Histogram)
    assert all(sum(values) == pytest.approx(1) for _, values in scores.groups)
    assert found.counts == {"treated": int(SAMPLE.treatment.sum()), "untreated": int(400 - SAMPLE.treatment.sum())}


@pytest.mark.parametrize("settings", METHODS, ids=_name)
def test_every_method_gives_equal_bits_on_repeat(settings: dict[str, Any]) -> None:
    assert effects_of(SAMPLE, **settings).main == effects_of(SAMPLE, **settings).main


@pytest.mark.parametrize("settings", METHODS, ids=_name)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"outcome": np.full(400, 2.0)}, "zero_variance"),
        ({"treatment": (np.arange(400) == 0) * 1.0}, "too_few_units"),
        ({"treatment": np.zeros(400)}, "empty_arm"),
        ({"covariates": {**SAMPLE.covariates, "twice": 2 * SAMPLE.covariates["one"]}}, "collinear"),
        ({"covariates": {"one": np.where(np.arange(400) < 3, np.nan, 1.0)}}, "measure_undefined"),
    ],
)
def test_every_method_refuses_bad_samples(settings: dict[str, Any], change: dict[str, Any], reason: str) -> None:
    assert refusal(effects_of(replace(SAMPLE, **change), **settings).main).reason == reason


@pytest.mark.parametrize("settings", METHODS, ids=_name)
def test_perfect_separation_is_refused_or_left_to_the_outcome_model(settings: dict[str, Any]) -> None:
    """Methods that need a score, or units of both arms that are alike, refuse; regressions extrapolate."""
    separated = replace(SAMPLE, treatment=(SAMPLE.covariates["one"] > 0) * 1.0)
    found = effects_of(separated, **settings).main
    if settings["estimator"].startswith("regression"):
        assert isinstance(found, Effect)
    else:
        assert refusal(found).reason in ("no_overlap", "no_support")


def test_trimming_is_told() -> None:
    found = effects_of(SAMPLE, trimming="threshold", cutoff=0.3)
    assert found.numbers["score cutoff"] == 0.3
    assert found.notes[0].startswith(f"{found.numbers['units left out']:.0f} units with scores beyond 0.300 of 0 or 1")


def test_clusters_widen_errors_and_give_students_quantiles() -> None:
    copied = SAMPLE.keep(np.ones(400, dtype=np.bool_))
    rows = np.repeat(np.arange(400), 3)
    tripled = replace(
        copied, outcome=copied.outcome[rows], treatment=copied.treatment[rows],
        covariates={name: values[rows] for name, values in copied.covariates.items()}, cluster=rows,
    )  # fmt: skip
    one, many = effect(effects_of(SAMPLE).main), effect(effects_of(tripled).main)
    assert many.value == pytest.approx(one.value)
    assert many.std_error == pytest.approx((one.std_error or 0) * np.sqrt(400 / 399))
    assert many.degrees_of_freedom == 399


def test_one_cluster_is_refused() -> None:
    found = effects_of(replace(SAMPLE, cluster=np.zeros(400, dtype=np.intp)))
    assert refusal(found.main).reason == "too_few_clusters"
