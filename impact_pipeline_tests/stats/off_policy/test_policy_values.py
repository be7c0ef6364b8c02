from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.off_policy import policy_values as values
from impact_pipeline.stats.off_policy.policy_values import PolicyValue
from impact_pipeline_tests.stats.off_policy.logs import open_bandit, two_actions

SAME_FORMULA = 1e-12


def drawn(seed: int, n: int = 400) -> tuple[Array, Array, Array, Array]:
    """Weights, rewards, a reward model that is a little off, and its mean over the target's actions."""
    log, _ = two_actions(np.random.default_rng(seed), n)
    x = log.context["x"]
    return log.weights, log.reward, 0.9 + x + 1.8 * log.action, 0.9 + x + 1.8 * 0.8


def test_the_open_bandit_log_values_the_uniform_policy_as_its_formulas_do() -> None:
    """IPS .0023596, SNIPS .0023337 on the log of Thompson sampling; .0038 where the uniform policy ran itself."""
    bts, uniform = open_bandit("bts"), open_bandit("random")
    assert values.ips(bts.weights, bts.reward).value == pytest.approx(0.0023596, abs=1e-6)
    assert values.snips(bts.weights, bts.reward).value == pytest.approx(0.0023337, abs=1e-6)
    assert values.ips(uniform.weights, uniform.reward).value == pytest.approx(0.0038, abs=1e-9)
    assert values.logged(bts.reward).value == pytest.approx(0.0042, abs=1e-9)


def test_values_are_those_of_obps_published_definitions() -> None:
    """Saito et al. (2021), appendix: the estimators of the Open Bandit Pipeline, row by row."""
    w, r, q, m = drawn(1)
    rows = list(zip(w, r, q, m, strict=True))
    n = len(rows)
    assert values.ips(w, r).value == pytest.approx(sum(a * b for a, b, _, _ in rows) / n, rel=SAME_FORMULA)
    assert values.snips(w, r).value == pytest.approx(sum(a * b for a, b, _, _ in rows) / sum(w), rel=SAME_FORMULA)
    assert values.direct(w, r, q, m).value == pytest.approx(sum(m) / n, rel=SAME_FORMULA)
    robust = sum(d + a * (b - c) for a, b, c, d in rows) / n
    assert values.doubly_robust(w, r, q, m).value == pytest.approx(robust, rel=SAME_FORMULA)
    switch = sum(d + (a * (b - c) if a <= 1.5 else 0) for a, b, c, d in rows) / n
    assert values.tuned("switch", w, r, q, m, 1.5).value.value == pytest.approx(switch, rel=SAME_FORMULA)
    shrunk = sum(d + 4 * a / (a**2 + 4) * (b - c) for a, b, c, d in rows) / n
    assert values.tuned("shrinkage", w, r, q, m, 4.0).value.value == pytest.approx(shrunk, rel=SAME_FORMULA)


@pytest.mark.parametrize(
    "method",
    [
        lambda w, r, q, m: values.ips(w, r),
        lambda w, r, q, m: values.snips(w, r),
        lambda w, r, q, m: values.doubly_robust(w, r, q, m),
    ],
)
def test_influence_gives_the_error_that_draws_have(method: Callable[..., PolicyValue]) -> None:
    found = [method(*drawn(seed)) for seed in range(600)]
    errors = [float(np.sqrt(np.mean(one.influence**2) / len(one.influence))) for one in found]
    assert np.mean(errors) == pytest.approx(float(np.std([one.value for one in found])), rel=0.1)
    assert abs(np.mean([one.value for one in found]) - 2.6) < 4 * np.mean(errors) / 600**0.5
    assert all(abs(float(one.influence.mean())) < 1e-12 for one in found)


def test_doubly_robust_is_right_with_a_wrong_model_or_wrong_propensities() -> None:
    log, truth = two_actions(np.random.default_rng(2), 100_000)
    x, flat = log.context["x"], np.zeros(100_000)
    wrong_model = values.doubly_robust(log.weights, log.reward, flat, flat).value
    right_model = values.doubly_robust(np.ones(100_000), log.reward, 1 + x + 2 * log.action, 1 + x + 1.6).value
    assert wrong_model == pytest.approx(truth, abs=0.05)
    assert right_model == pytest.approx(truth, abs=0.05)
    assert abs(values.direct(log.weights, log.reward, flat, flat).value - truth) > 1


def test_tuning_cuts_weights_off_where_the_model_is_right_and_keeps_them_where_it_is_not() -> None:
    rng = np.random.default_rng(3)
    w = np.where(rng.random(5000) < 0.01, 100.0, 0.01)
    r = rng.normal(size=5000)
    right = values.tuned("switch", w, r, np.zeros(5000), np.zeros(5000))
    wrong = values.tuned("switch", w, r + 5, np.zeros(5000), np.zeros(5000))
    assert right.parameter < 100
    assert wrong.parameter == 100
