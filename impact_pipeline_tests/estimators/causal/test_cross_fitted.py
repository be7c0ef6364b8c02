"""Cross-fitted learners as an estimator of observational designs: planted effects, trimming, repeats, every refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Curve
from impact_pipeline.estimators.causal.cross_fitted import CrossFitted
from impact_pipeline.stats.heterogeneous_effects.fit import CrossFittedFit
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

N, EFFECT = 800, 2.0


def sample(seed: int = 0, n: int = N, confounding: float = 1.0, heterogeneity: float = 1.0) -> CrossSection:
    """Units with a high `need` are treated more, gain more, and have higher outcomes anyway; the mean effect is 2."""
    rng = np.random.default_rng([5, seed])
    need, other = rng.normal(size=(2, n))
    d = (rng.random(n) < 1 / (1 + np.exp(-confounding * need))).astype(np.float64)
    y = d * (EFFECT + heterogeneity * need) + need + 0.5 * other + rng.normal(size=n)
    return CrossSection(y, d, {"need": need, "other": other})


def asked(section: CrossSection, seed: int = 0, **settings: Any) -> Effects:
    fitting = {"learner": "linear", **settings.pop("cross_fitting", {})}
    design = Observational(type="observational", estimator="cross_fitted", cross_fitting=fitting, **settings)
    return CrossFitted().effects(Question(section, design, seed=seed))


def main(found: Effects) -> Effect:
    assert isinstance(found.main, Effect)
    return found.main


def fit(found: Effects) -> CrossFittedFit:
    assert isinstance(found.fit, CrossFittedFit)
    return found.fit


def test_fits_only_its_own_designs() -> None:
    assert CrossFitted().fits(Observational(type="observational", estimator="cross_fitted"))
    assert not CrossFitted().fits(Observational(type="observational", estimator="aipw"))


@pytest.mark.parametrize("learner", ["linear", "boosted_trees", "forest"])
def test_every_learner_covers_the_planted_effect(learner: str) -> None:
    found = main(asked(sample(), cross_fitting={"learner": learner, "folds": 3}))
    assert found.lower < EFFECT < found.upper
    assert found.treated is not None
    assert found.untreated is not None
    assert found.treated - found.untreated == pytest.approx(found.value)
    assert found.method == f"cross_fitted, {learner}"


def test_the_effect_on_the_treated_is_theirs() -> None:
    section = sample(n=3000)
    theirs = float(np.mean(EFFECT + section.covariates["need"][section.treatment == 1]))
    found = main(asked(section, estimand="ATT"))
    assert found.lower < theirs < found.upper
    assert found.lower > EFFECT
    assert found.treated == pytest.approx(section.outcome[section.treatment == 1].mean())


def test_groups_and_the_test_of_heterogeneity_are_told_as_exploratory() -> None:
    found = asked(sample(n=2000))
    groups = [found.others[f"group {place}"] for place in range(1, 6)]
    values = [own.value for own in groups if isinstance(own, Effect)]
    assert values == sorted(values)
    assert all(isinstance(own, Effect) and own.method.startswith("exploratory") for own in groups)
    assert found.numbers["heterogeneity p-value"] < 0.001
    assert found.numbers["heterogeneity slope"] == pytest.approx(1, abs=0.3)
    assert found.numbers["importance of need"] > 0.9
    assert any("exploratory; on held-out units they differ more than by chance (p < 0.001)" in n for n in found.notes)
    curves = {exhibit.name for exhibit in found.exhibits if isinstance(exhibit, Curve)}
    assert curves == {"groups", "targeting"}


def test_an_even_effect_is_not_told_as_heterogeneous() -> None:
    found = asked(sample(1, heterogeneity=0.0))
    assert found.numbers["heterogeneity p-value"] > 0.05
    assert any("are not told from chance" in note for note in found.notes)


def test_effects_of_every_unit_are_in_the_fit() -> None:
    section = sample(n=2000)
    found = fit(asked(section)).effects_by_unit.effects
    assert np.corrcoef(found, EFFECT + section.covariates["need"])[0, 1] > 0.95


def test_a_causal_forest_may_tell_the_units_effects() -> None:
    section = sample()
    found = asked(section, cross_fitting={"unit_effects": "causal_forest", "folds": 3})
    assert main(found).value == main(asked(section, cross_fitting={"folds": 3})).value
    assert fit(found).effects_by_unit.std_errors is not None
    assert np.corrcoef(fit(found).effects_by_unit.effects, section.covariates["need"])[0, 1] > 0.7


def test_the_partially_linear_slope_agrees_where_effects_are_even() -> None:
    found = asked(sample(heterogeneity=0.0))
    other = found.others["partially linear"]
    assert isinstance(other, Effect)
    assert abs(other.value - main(found).value) < 2 * main(found).std_error  # type: ignore[operator]


def test_the_median_over_repeats_is_told() -> None:
    single = [main(asked(sample(), cross_fitting={"repeats": count})).value for count in (1, 3)]
    assert single[0] == pytest.approx(single[1], abs=0.1)
    repeats = asked(sample(), cross_fitting={"repeats": 3})
    assert repeats.main == asked(sample(), cross_fitting={"repeats": 3}).main
    assert main(repeats).treated is not None


@pytest.mark.parametrize("trimming", ["threshold", "crump"])
def test_trimmed_units_are_counted_and_told(trimming: str) -> None:
    cutoff = {"cutoff": 0.2} if trimming == "threshold" else {}
    section = sample(confounding=2.0, heterogeneity=0.0)
    found = asked(section, trimming=trimming, **cutoff)
    left_out = int(found.numbers["units left out"])
    assert 0 < left_out < N
    assert sum(found.counts.values()) == N - left_out
    assert found.numbers["score cutoff"] == pytest.approx(0.2, abs=0 if cutoff else 0.15)
    assert found.notes[0].startswith(f"{left_out} units are left out")
    assert len(fit(found).effects_by_unit.effects) == N
    assert main(found).lower < EFFECT < main(found).upper


def test_held_scores_are_counted_and_told() -> None:
    found = asked(sample(confounding=2.5), cross_fitting={"score_bound": 0.1})
    held = int(found.numbers["scores held at a bound"])
    assert held > 0
    assert any(note.startswith(f"{held} of {N} learnt scores lie within 0.1") for note in found.notes)


def test_clusters_widen_the_interval_and_share_folds() -> None:
    section = sample(n=300)
    covariates = {name: np.repeat(values, 4) for name, values in section.covariates.items()}
    outcome, treatment, cluster = (np.repeat(v, 4) for v in (section.outcome, section.treatment, np.arange(300)))
    copied = CrossSection(outcome, treatment, covariates, cluster=cluster)
    whole, apart = main(asked(copied)), main(asked(replace(copied, cluster=None)))
    assert whole.std_error is not None
    assert apart.std_error is not None
    assert whole.std_error > 1.7 * apart.std_error
    assert whole.degrees_of_freedom == 299


def test_weights_move_the_population() -> None:
    section = sample(n=3000)
    need = section.covariates["need"]
    found = main(asked(replace(section, weights=np.where(need > 0, 3.0, 1.0))))
    truth = EFFECT + float(np.average(need, weights=np.where(need > 0, 3.0, 1.0)))
    assert found.lower < truth < found.upper
    assert found.lower > EFFECT


def test_the_main_effect_alone_is_the_same() -> None:
    design = Observational.model_validate({"type": "observational", "estimator": "cross_fitted"})
    question = Question(sample(), design)
    alone = CrossFitted().effects(replace(question, main_only=True))
    assert alone.main == CrossFitted().effects(question).main
    assert not alone.others


def test_equal_again_whatever_ran_before() -> None:
    first = asked(sample(), cross_fitting={"learner": "boosted_trees"})
    asked(sample(1), cross_fitting={"learner": "forest", "folds": 3})
    again = asked(sample(), cross_fitting={"learner": "boosted_trees"})
    assert (first.main, dict(first.others), dict(first.numbers)) == (
        again.main,
        dict(again.others),
        dict(again.numbers),
    )
    assert (fit(first).effects_by_unit.effects == fit(again).effects_by_unit.effects).all()


def refusal(section: CrossSection, **settings: Any) -> Refusal:
    found = asked(section, **settings).main
    assert isinstance(found, Refusal)
    return found


def test_bad_samples_are_refused_with_their_reason() -> None:
    section = sample()
    assert refusal(replace(section, covariates={})).reason == "not_identified"
    assert refusal(replace(section, outcome=np.ones(N))).reason == "zero_variance"
    assert refusal(replace(section, treatment=np.ones(N))).reason == "empty_arm"
    few = np.zeros(N)
    few[:15] = 1
    assert refusal(replace(section, treatment=few)).reason == "too_few_units"
    one = np.zeros(N)
    one[0] = 1
    assert refusal(replace(section, treatment=one)).reason == "too_few_units"
    twice = {**section.covariates, "need twice": 2 * section.covariates["need"]}
    assert refusal(replace(section, covariates=twice)).reason == "collinear"


@pytest.mark.parametrize("learner", ["linear", "boosted_trees", "forest"])
def test_covariates_that_tell_the_treatment_are_refused(learner: str) -> None:
    section = sample()
    told = (section.covariates["need"] > 0).astype(np.float64)
    sharp = replace(section, treatment=told, covariates={**section.covariates, "gap": 100 * told})
    found = refusal(sharp, cross_fitting={"learner": learner, "folds": 3})
    assert found.reason == "no_overlap"
    assert "leave out what decides the treatment" in found.detail


def test_scores_of_few_units_within_their_bound_are_refused() -> None:
    """Treatment is told but for one in two hundred units, whose learnt scores lie beyond the bound, too."""
    section = sample(n=2000)
    told = (section.covariates["need"] > 0) ^ (np.arange(2000) % 200 == 0)
    sharp = replace(section, treatment=told.astype(np.float64))
    found = refusal(sharp, cross_fitting={"learner": "boosted_trees", "score_bound": 0.2})
    assert found.reason == "no_overlap"
    assert "of 20 needed" in found.detail
