from __future__ import annotations

import numpy as np
import pytest
from linearmodels.iv import IV2SLS, IVGMM

from impact_pipeline.stats.instruments.instrumented import Errors, Instrumented, instrumented
from impact_pipeline.stats.instruments.k_class import KClass, two_stage_least_squares
from impact_pipeline.stats.instruments.over_identification import SpecificationTest, over_identified, wu_hausman
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.instruments.drawn import card, drawn, mroz

SAME_FORMULA = 1e-8
PRINTED = 5e-4


def compared(rows: Instrumented) -> SpecificationTest:
    fit = two_stage_least_squares(rows)
    assert isinstance(fit, KClass)
    found = over_identified(rows, fit)
    assert isinstance(found, SpecificationTest), found
    return found


def test_sargan_of_published_rows() -> None:
    """Wooldridge, Example 15.8: n R2 = .378; Card (1995) with two colleges: 1.248."""
    assert compared(mroz()).statistic == pytest.approx(0.378, abs=PRINTED)
    assert compared(card("nearc4", "nearc2")).statistic == pytest.approx(1.248, abs=PRINTED)


def test_sargan_and_wu_hausman_are_those_of_linearmodels() -> None:
    draw = drawn(1)
    oracle = IV2SLS(draw.outcome, draw.exogenous, draw.treatment, draw.excluded).fit()
    rows = draw.rows("classical")
    found, endogenous = compared(rows), wu_hausman(rows)
    assert isinstance(endogenous, SpecificationTest)
    assert (found.statistic, found.p_value) == pytest.approx((oracle.sargan.stat, oracle.sargan.pval), rel=SAME_FORMULA)
    expected = oracle.wu_hausman()
    assert (endogenous.statistic, endogenous.p_value) == pytest.approx((expected.stat, expected.pval), rel=SAME_FORMULA)


@pytest.mark.parametrize("errors", ["HC1", "cluster"])
def test_hansen_j_is_that_of_the_two_step_estimate_of_linearmodels(errors: Errors) -> None:
    draw = drawn(2)
    options = {"weight_type": "robust"} if errors == "HC1" else {"weight_type": "clustered", "clusters": draw.cluster}
    model = IVGMM(draw.outcome, draw.exogenous, draw.treatment, draw.excluded, center=False, **options)
    found = compared(draw.rows(errors))
    assert found.name == "Hansen J"
    assert found.statistic == pytest.approx(float(model.fit(iter_limit=2).j_stat.stat), rel=1e-6)


@pytest.mark.parametrize("errors", ["classical", "HC1"])
def test_an_instrument_that_reaches_the_outcome_itself_is_found(errors: Errors) -> None:
    draw = drawn(3, n=2000)
    rows = instrumented(
        draw.outcome + 0.4 * draw.instruments["z1"], draw.treatment, draw.instruments, draw.covariates, errors=errors
    )
    assert isinstance(rows, Instrumented)
    assert compared(rows).p_value < 1e-6


def test_size_of_the_tests() -> None:
    """About one in twenty samples of valid instruments and an exogenous treatment is rejected."""
    rng = np.random.default_rng(4)
    rejected = np.zeros(2)
    for _ in range(300):
        z, u, v = rng.normal(size=(2, 200)), rng.normal(size=200), rng.normal(size=200)
        d = z.sum(axis=0) + v
        rows = instrumented(d + u, d, {"a": z[0], "b": z[1]}, {}, errors="HC1")
        assert isinstance(rows, Instrumented)
        hausman = wu_hausman(rows)
        assert isinstance(hausman, SpecificationTest)
        rejected += [compared(rows).p_value < 0.05, hausman.p_value < 0.05]
    assert (np.abs(rejected / 300 - 0.05) < 0.04).all()


def test_one_instrument_has_nothing_to_be_compared_with() -> None:
    rows = drawn(5, instruments=1).rows("HC1")
    fit = two_stage_least_squares(rows)
    assert isinstance(fit, KClass)
    found = over_identified(rows, fit)
    assert isinstance(found, Refusal)
    assert "a second one would tell" in found.detail


def test_a_treatment_that_instruments_determine_is_refused() -> None:
    z, u = np.random.default_rng(6).normal(size=(2, 50))
    rows = instrumented(z + u, 2 * z, {"z": z}, {})
    assert isinstance(rows, Instrumented)
    found = wu_hausman(rows)
    assert isinstance(found, Refusal)
    assert found.reason == "collinear"
