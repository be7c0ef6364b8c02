from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.base import Effect
from impact_pipeline.causal.exhibits import Curve, Histogram
from impact_pipeline.estimators.causal.off_policy import OffPolicy
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.diagnostics.causal.one_log import asked, drawn, effects, log
from impact_pipeline_tests.stats.off_policy.logs import open_bandit

ESTIMATORS = ("ips", "snips", "direct", "doubly_robust", "switch_doubly_robust", "doubly_robust_shrinkage")


def effect(found: object) -> Effect:
    assert isinstance(found, Effect), found
    return found


def test_the_open_bandit_log_has_the_published_values() -> None:
    """Saito et al. (2021): IPS .0023596, SNIPS .0023337, .0042 on policy; the uniform policy itself had .0038."""
    found = effects(asked(open_bandit("bts")))
    values = {name: effect(one).value for name, one in found.others.items()}
    assert values["value ips"] == pytest.approx(0.0023596, abs=1e-6)
    assert values["value snips"] == pytest.approx(0.0023337, abs=1e-6)
    assert effect(found.main).untreated == values["value logged"] == pytest.approx(0.0042, abs=1e-9)
    ips = effect(found.others["value ips"])
    assert ips.std_error is not None
    assert abs(ips.value - 0.0038) < 3 * ips.std_error


def test_a_policy_that_is_valued_on_its_own_log_has_its_mean_and_no_difference() -> None:
    found = effects(asked(open_bandit("random")))
    assert isinstance(found.main, Refusal)
    assert "it is the one that ran" in found.main.detail
    assert effect(found.others["value ips"]).value == pytest.approx(0.0038, abs=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_estimator_finds_the_planted_difference(estimator: str) -> None:
    one = drawn(seed=1)
    main = effect(effects(asked(log(seed=1), estimator=estimator)).main)
    assert main.lower < one.truth < main.upper
    assert main.value == pytest.approx((main.treated or 0) - (main.untreated or 0))
    assert estimator.replace("_", " ") in main.method


def test_settings_change_what_they_are_of() -> None:
    sample = log()
    clipped = effects(asked(sample, clip=1.0))
    assert clipped.numbers["share of weights clipped"] > 0
    assert "were clipped" in clipped.notes[0]
    switch = effects(asked(sample, estimator="switch_doubly_robust", switch=1.5))
    assert switch.numbers["switch"] == 1.5
    shrunk = effects(asked(sample, estimator="doubly_robust_shrinkage", shrinkage=2.0))
    assert shrunk.numbers["shrinkage"] == 2.0
    wide = effect(effects(asked(sample, interval="empirical_bernstein")).main)
    normal = effect(effects(asked(sample)).main)
    assert wide.lower < normal.lower
    assert "Bernstein" in wide.method
    trees = effects(asked(sample, estimator="direct", reward_model="boosted_trees", folds=2))
    assert trees.numbers["reward model R^2"] > 0.02
    logistic = effects(asked(sample, estimator="direct", reward_model="logistic"))
    assert effect(logistic.main).value == pytest.approx(effect(trees.main).value, abs=0.02)


def test_clusters_widen_the_interval_where_decisions_repeat() -> None:
    sample = log()
    twice = replace(
        sample,
        action=np.tile(sample.action, 2),
        reward=np.tile(sample.reward, 2),
        propensity=np.tile(sample.propensity, 2),
        target=np.tile(sample.target, 2),
        target_policy=None,
        context={},
    )
    clustered = replace(twice, cluster=np.tile(np.arange(len(sample)), 2))
    once = effect(effects(asked(replace(sample, target_policy=None))).main)
    assert effect(effects(asked(clustered)).main).std_error == pytest.approx(once.std_error)
    assert effect(effects(asked(twice)).main).std_error == pytest.approx((once.std_error or 0) / 2**0.5, rel=1e-3)


def test_pictures_show_values_by_method_and_the_weights() -> None:
    values, weights = effects(asked(log())).exhibits
    assert isinstance(values, Curve)
    assert isinstance(weights, Histogram)
    assert [point.label for point in values.points] == ["logged", *(name.replace("_", " ") for name in ESTIMATORS)]
    assert sum(weights.groups[0][1]) == 4000
    logarithms = np.log10(log().weights)
    counts, edges = np.histogram(logarithms, len(weights.groups[0][1]))
    assert weights.edges == pytest.approx(edges)
    assert (
        np.abs(np.cumsum(counts) - np.cumsum(weights.groups[0][1])).max()
        <= np.unique(logarithms, return_counts=True)[1].max()
    )


def test_answers_are_equal_on_repeat() -> None:
    first, again = (
        effects(asked(log(), estimator="doubly_robust", reward_model="boosted_trees", folds=2)) for _ in range(2)
    )
    assert (first.main, first.others, first.numbers) == (again.main, again.others, again.numbers)


@pytest.mark.parametrize("estimator", ESTIMATORS[2:])
def test_methods_with_a_model_ask_for_the_chances_of_all_actions(estimator: str) -> None:
    found = effects(asked(replace(log(), target_policy=None), estimator=estimator)).main
    assert isinstance(found, Refusal)
    assert (found.reason, "choose estimator: snips" in found.detail) == ("not_identified", True)


def test_rewards_that_do_not_vary_and_propensities_of_0_are_refused() -> None:
    sample = log()
    still = effects(asked(replace(sample, reward=np.ones(len(sample))))).main
    never = effects(asked(replace(sample, propensity=np.zeros(len(sample))))).main
    assert isinstance(still, Refusal)
    assert isinstance(never, Refusal)
    assert (still.reason, never.reason) == ("zero_variance", "no_support")


def test_it_fits_every_setting_of_its_design() -> None:
    assert OffPolicy().fits(asked(log()).design)
