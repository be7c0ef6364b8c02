"""Matched effects and their errors: Sekhon's and Stata's tables, and sums over all pairs."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.propensity.estimated_score import score_correction
from impact_pipeline.stats.propensity.matched_effect import (
    Direction,
    MatchedEffect,
    conditional_variances,
    matched_effect,
)
from impact_pipeline.stats.propensity.neighbours import nearest_on_score
from impact_pipeline.stats.propensity.neighbours_in_space import nearest_in_space, whitened
from impact_pipeline.stats.propensity.prepared import Prepared, prepared
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import Floats, Places
from impact_pipeline_tests.stats.propensity.published_samples import births, trainees

PRINTED = 5e-4
PRINTED_TENTH = 0.05


def _arms(treatment: Floats) -> tuple[Places, Places]:
    return np.flatnonzero(treatment == 1), np.flatnonzero(treatment == 0)


def _both(near: Floats, treatment: Floats, neighbours: int = 1, tie: float = 0.0) -> tuple[Direction, Direction]:
    treated, untreated = _arms(treatment)
    search = nearest_on_score if near.ndim == 1 else nearest_in_space
    up = search(near[treated], near[untreated], neighbours, tie=tie)
    down = search(near[untreated], near[treated], neighbours, tie=tie)
    return Direction(treated, untreated, up, 1.0), Direction(untreated, treated, down, -1.0)


def _effect(found: MatchedEffect | Refusal) -> MatchedEffect:
    assert isinstance(found, MatchedEffect)
    return found


def test_sekhons_example_of_dehejia_and_wahba() -> None:
    """Sekhon (2011), JSS 42(7): ATT 2153.3, AI SE 825.4, 346 matched pairs with ties within 1e-5."""
    sample, ready = trainees(), prepared(trainees())
    assert isinstance(ready, Prepared)
    assert not isinstance(ready.score, Refusal)
    scores = ready.score.scores
    near = scores / scores.std(ddof=1)
    found = _effect(matched_effect(sample.outcome, _both(near, sample.treatment, tie=1e-5)[:1]))
    assert found.value == pytest.approx(2153.3, abs=PRINTED_TENTH)
    assert found.std_error == pytest.approx(825.4, abs=PRINTED_TENTH)
    assert found.pairs == 346


@pytest.mark.parametrize(("names", "effect"), [(("age",), 1785.191), (("age", "educ", "re74", "re75"), 1714.407)])
def test_the_examples_of_abadie_and_imbens_program(names: tuple[str, ...], effect: float) -> None:
    """Imbens' log of the program of Abadie, Drukker, Herr, Imbens (2004): `match re78 t ...` on the experiment.

    Inverse variances; its errors are those of the sample's effect, which is not ours.
    """
    sample = trainees()
    near = whitened(sample.design(names), "inverse_variance")
    assert not isinstance(near, Refusal)
    found = _effect(matched_effect(sample.outcome, _both(near, sample.treatment)))
    assert found.value == pytest.approx(effect, abs=PRINTED)


def test_statas_psmatch_of_births() -> None:
    """teffects psmatch (bweight) (mbsmoke mmarried c.mage##c.mage fbaby medu): ATE -210.9683 (32.021)."""
    sample, ready = births(), prepared(births())
    assert isinstance(ready, Prepared)
    assert not isinstance(ready.score, Refusal)
    scores, outcome, treatment = ready.score.scores, sample.outcome, sample.treatment
    arms = _arms(treatment)
    within = tuple((rows, nearest_on_score(scores[rows], scores[rows], 2)) for rows in arms)
    spread = conditional_variances(outcome, within)
    found = _effect(matched_effect(outcome, _both(scores, treatment), conditional_variance=spread))
    change = score_correction(outcome, treatment, ready.score, "ATE", found.value)
    assert found.value == pytest.approx(-210.9683, abs=PRINTED)
    assert np.sqrt(found.variance + change) == pytest.approx(32.021, abs=PRINTED)


def test_effect_and_errors_are_sums_over_all_pairs() -> None:
    rng = np.random.default_rng(6)
    near, treatment, outcome = rng.random(60).round(2), (rng.random(60) < 0.4) * 1.0, rng.normal(size=60)
    spread = rng.uniform(1, 2, size=60)
    found = _effect(matched_effect(outcome, _both(near, treatment, 2), conditional_variance=spread))
    treated, untreated = _arms(treatment)
    shares = np.zeros((60, 60))
    for own, other in ((treated, untreated), (untreated, treated)):
        distances = np.abs(near[own][:, None] - near[other][None])
        close = distances <= np.sort(distances, axis=1)[:, [1]] + 1e-12
        shares[np.ix_(own, other)] = close / close.sum(axis=1, keepdims=True)
    effects = (2 * treatment - 1) * (outcome - shares @ outcome)
    uses, squares = shares.sum(axis=0), (shares**2).sum(axis=0)
    variance = np.sum((effects - effects.mean()) ** 2) + np.sum((uses**2 + 2 * uses - squares) * spread)
    assert found.value == pytest.approx(effects.mean())
    assert found.variance == pytest.approx(variance / 60**2)
    assert found.treated - found.untreated == pytest.approx(found.value)


def test_correction_for_distance_is_exact_where_outcomes_are_linear() -> None:
    rng = np.random.default_rng(7)
    x, treatment = rng.random(50), (rng.random(50) < 0.5) * 1.0
    outcome = 3 * x + 2 * treatment
    both = _both(x, treatment)
    plain = _effect(matched_effect(outcome, both))
    exact = _effect(matched_effect(outcome, both, predictions=(3 * x, 3 * x + 2)))
    assert abs(plain.value - 2) > 1e-3
    assert exact.value == pytest.approx(2, abs=1e-9)


def test_nobody_near_is_refused() -> None:
    near, treatment = np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 0, 1, 1])
    treated, untreated = _arms(treatment)
    runs = nearest_on_score(near[treated], near[untreated], 1, caliper=0.1)
    found = matched_effect(np.arange(4.0), (Direction(treated, untreated, runs, 1.0),))
    assert isinstance(found, Refusal)
    assert found.reason == "no_support"
    assert found.detail.startswith("0 units have a match within the caliper")


def test_weights_give_both_means() -> None:
    rng = np.random.default_rng(8)
    near, treatment, outcome = rng.random(40), (rng.random(40) < 0.4) * 1.0, rng.normal(size=40)
    found = _effect(matched_effect(outcome, _both(near, treatment)))
    for arm, mean in ((1, found.treated), (0, found.untreated)):
        rows = treatment == arm
        assert np.average(outcome[rows], weights=found.weights[rows]) == pytest.approx(mean)
