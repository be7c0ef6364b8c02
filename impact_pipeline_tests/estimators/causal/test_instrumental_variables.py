from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from linearmodels.iv import IV2SLS
from scipy.stats import t as student

from impact_pipeline.catalog.causal.instrumental_variables import InstrumentalVariables as Design
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import SpecificationCurve
from impact_pipeline.estimators.causal.instrumental_variables import InstrumentalVariables
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.refusal import Refusal, RefusalReason
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.stats.instruments.drawn import CARD, PUBLISHED, drawn

SAME_FORMULA = 1e-8
PRINTED = 1e-4


def asked(sample: CrossSection, *, alpha: float = 0.05, **settings: Any) -> Effects:
    design = Design.model_validate({"type": "instrumental_variables", **settings})
    estimator = causal_estimator(design)
    assert isinstance(estimator, InstrumentalVariables)
    return estimator.effects(Question(sample, design, alpha=alpha))


def effect(found: Effect | Refusal) -> Effect:
    assert isinstance(found, Effect), found
    return found


def card(*instruments: str) -> CrossSection:
    rows = pd.read_csv(PUBLISHED / "iv_card.csv.gz").astype(np.float64)
    return CrossSection(
        rows["lwage"].to_numpy(), rows["educ"].to_numpy(), {x: rows[x].to_numpy() for x in CARD},
        instruments={z: rows[z].to_numpy() for z in instruments},
    )  # fmt: skip


def sample(seed: int, **settings: Any) -> CrossSection:
    draw = drawn(seed, **settings)
    return CrossSection(draw.outcome, draw.treatment, draw.covariates, instruments=draw.instruments)


def test_published_wages_and_schooling() -> None:
    """Card (1995), Wooldridge Table 15.1."""
    found = asked(card("nearc4"), errors="classical", interval="wald")
    main, robust = effect(found.main), effect(found.others["anderson-rubin"])
    assert (main.value, main.std_error) == pytest.approx((0.1315, 0.0550), abs=PRINTED)
    assert effect(found.others["ols"]).value == pytest.approx(0.0747, abs=PRINTED)
    assert found.numbers["first stage F"] == pytest.approx(13.26, abs=0.005)
    assert (robust.lower, robust.upper) == pytest.approx((0.0248, 0.2848), abs=PRINTED)
    two = asked(card("nearc4", "nearc2"), errors="classical", interval="wald", estimator="liml")
    assert effect(two.main).value == pytest.approx(0.1640, abs=PRINTED)
    assert effect(two.others["two stage least squares"]).value == pytest.approx(0.1571, abs=PRINTED)
    assert two.numbers["Sargan"] == pytest.approx(1.248, abs=5e-4)


def test_wald_interval_and_p_value_are_those_of_students_t() -> None:
    draw = drawn(1)
    main = effect(asked(sample(1), errors="HC1", interval="wald", alpha=0.1).main)
    oracle = IV2SLS(draw.outcome, draw.exogenous, draw.treatment, draw.excluded).fit(cov_type="robust", debiased=True)
    error, degrees = float(oracle.std_errors.iloc[-1]), 396
    assert main.degrees_of_freedom == degrees
    assert main.upper - main.value == pytest.approx(student.ppf(0.95, degrees) * error, rel=SAME_FORMULA)
    assert main.p_value == pytest.approx(2 * student.sf(abs(main.value) / error, degrees), rel=1e-6)


def test_interval_is_walds_of_strong_and_anderson_rubins_of_weak_instruments() -> None:
    strong, weak = asked(sample(2)), asked(sample(2, strength=0.25))
    assert effect(strong.main).method == "2SLS, HC1"
    main = effect(weak.main)
    robust = effect(weak.others["anderson-rubin"])
    assert main.method == "2SLS, Anderson-Rubin interval, HC1"
    assert (main.lower, main.upper, main.p_value, main.std_error) == (robust.lower, robust.upper, robust.p_value, None)
    assert weak.numbers["effective F"] < weak.numbers["weak below"]
    assert effect(asked(sample(2, strength=0.25), worst_bias=0.5).main).method == "2SLS, HC1"


def test_an_unbounded_set_refuses_the_effect_and_tells_the_set() -> None:
    found = asked(sample(3, strength=0.0, instruments=1))
    assert isinstance(found.main, Refusal)
    assert found.main.reason == "unbounded_interval"
    assert "the 95 % Anderson-Rubin set of effects is" in found.main.detail
    robust = effect(found.others["anderson-rubin"])
    assert np.isinf([robust.lower, robust.upper]).any()
    assert all(np.isfinite(value) for value in found.numbers.values())


def test_an_empty_set_refuses_the_effect() -> None:
    section = sample(4, n=2000)
    z = section.instruments["z0"]
    found = asked(
        CrossSection(section.outcome + 3 * z, section.treatment, section.covariates, instruments=section.instruments),
        interval="anderson_rubin",
    )
    assert isinstance(found.main, Refusal)
    assert found.main.reason == "not_identified"
    assert "instruments contradict each other" in found.main.detail
    assert isinstance(found.others["anderson-rubin"], Refusal)


def test_a_value_outside_its_set_is_told() -> None:
    notes = [
        note
        for seed in range(12)
        for note in asked(_torn(seed), interval="anderson_rubin").notes
    ]  # fmt: skip
    assert any("outside the Anderson-Rubin set" in note for note in notes)


def _torn(seed: int) -> CrossSection:
    """Two instruments of unequal strength that nearly contradict each other."""
    rng = np.random.default_rng([9, seed])
    z, u, v = rng.normal(size=(2, 400)), rng.normal(size=400), rng.normal(size=400)
    d = 0.3 * z[0] + 0.05 * z[1] + u
    return CrossSection(0.5 * d - u + 0.2 * z[1] + v, d, instruments={"a": z[0], "b": z[1]})


def test_first_stage_and_reduced_form_are_told_by_instrument() -> None:
    found = asked(sample(5, instruments=2))
    names = {"first stage z0", "first stage z1", "reduced form z0", "reduced form z1"}
    assert names <= set(found.others)
    assert effect(found.others["first stage z0"]).value == pytest.approx(0.4, abs=0.2)


def test_with_one_instrument_the_effect_is_reduced_form_over_first_stage() -> None:
    found = asked(sample(6, instruments=1), interval="wald")
    ratio = effect(found.others["reduced form z0"]).value / effect(found.others["first stage z0"]).value
    assert effect(found.main).value == pytest.approx(ratio, rel=1e-10)


def test_specifications_hold_every_estimator_and_set_of_instruments() -> None:
    (curve,) = asked(sample(7)).exhibits
    assert isinstance(curve, SpecificationCurve)
    labels = {one.choices for one in curve.alternatives}
    assert (("estimator", "2SLS"), ("instruments", "without z1")) in labels
    assert sum(one.is_main for one in curve.alternatives) == 1
    assert len(labels) == 1 + 2 + 3 + 2 * 3


def test_counts_are_of_arms_or_of_units() -> None:
    draw = sample(8)
    binary = CrossSection(
        draw.outcome, (draw.treatment > 0).astype(float), draw.covariates, instruments=draw.instruments
    )
    assert asked(draw).counts == {"units": 400}
    assert sum(asked(binary).counts.values()) == 400


def test_the_answer_is_the_same_bits_on_repeat() -> None:
    first, second = asked(sample(9)), asked(sample(9))
    assert (first.main, first.others, first.numbers) == (second.main, second.others, second.numbers)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"instruments": {}}, "not_identified"),
        ({"outcome": np.ones(50)}, "zero_variance"),
        ({"treatment": np.zeros(50)}, "zero_variance"),
        ({"covariates": {"a": np.arange(50.0), "b": 3 * np.arange(50.0)}}, "collinear"),
    ],
)
def test_a_sample_without_an_answer_is_refused(changed: dict[str, Any], reason: RefusalReason) -> None:
    rng = np.random.default_rng(1)
    z, d = rng.normal(size=(2, 50))
    fields: dict[str, Any] = {"outcome": d, "treatment": d + z, "instruments": {"z": z}, **changed}
    found = asked(CrossSection(**fields)).main
    assert isinstance(found, Refusal)
    assert found.reason == reason


@pytest.mark.slow
def test_automatic_intervals_cover_whatever_the_strength() -> None:
    """A refused effect is one that no bounded interval could cover."""
    for strength in (0.05, 0.1, 0.2, 0.5):
        found = [asked(sample(seed, n=300, strength=strength, instruments=1)).main for seed in range(600)]
        covered = [not isinstance(one, Effect) or one.lower <= 0.5 <= one.upper for one in found]
        assert np.mean(covered) > 0.92
