"""Stata's teffects on Cattaneo's births: the manual's tables, and its full digits as statsmodels ships them."""

from __future__ import annotations

import pytest

from impact_pipeline.stats.propensity.doubly_robust import weighted_regression_means
from impact_pipeline.stats.propensity.potential_means import Estimand, PotentialMeans, std_error
from impact_pipeline.stats.propensity.prepared import Prepared, prepared
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.propensity.published_samples import births

STATA = 2e-7
"""Relative: Stata's estimates stop at this distance from the solution of their equations."""
PRINTED = 5e-4


def _ready(estimand: Estimand) -> Prepared:
    found = prepared(births(), estimand=estimand, link="probit")
    assert isinstance(found, Prepared)
    return found


def _means(method: str, estimand: Estimand) -> PotentialMeans:
    ready = _ready(estimand)
    assert not isinstance(ready.score, Refusal)
    sample = ready.sample
    if method != "ipwra":
        found = getattr(ready, method)
    else:
        columns = ready.outcome_columns
        found = weighted_regression_means(
            columns, sample.outcome, sample.treatment, ready.score, ready.weights, estimand
        )
    assert isinstance(found, PotentialMeans)
    return found


@pytest.mark.parametrize(
    ("method", "estimand", "effect", "error", "untreated"),
    [
        ("regression_adjustment", "ATE", -239.63921146434, 23.82402100183, 3403.2422719355),
        ("regression_adjustment", "ATT", -223.30165083857, 22.742195167601, 3360.9613730608),
        ("ipw", "ATE", -230.68863779526, 25.815243801554, 3403.4627086846),
        ("ipwra", "ATE", -229.96707793513, 26.626675723594, 3403.3356393074),
        ("ipwra", "ATT", -223.54526198669, 23.79401566757, 3361.2049842089),
    ],
)
def test_full_digits_of_stata(method: str, estimand: Estimand, effect: float, error: float, untreated: float) -> None:
    found = _means(method, estimand)
    assert found.effect == pytest.approx(effect, rel=STATA)
    assert std_error(found.influence) == pytest.approx(error, rel=STATA)
    assert found.untreated == pytest.approx(untreated, rel=STATA)


@pytest.mark.parametrize(
    ("method", "effect", "error"),
    [
        ("regression_adjustment", -239.6392, 23.82402),
        ("ipw", -230.6886, 25.81524),
        ("aipw", -230.9892, 26.21056),
        ("ipwra", -229.9671, 26.62668),
    ],
)
def test_tables_of_the_manual(method: str, effect: float, error: float) -> None:
    found = _means(method, "ATE")
    assert found.effect == pytest.approx(effect, abs=PRINTED)
    assert std_error(found.influence) == pytest.approx(error, abs=PRINTED)


def test_statsmodels_gives_the_same_weighted_and_augmented_effects() -> None:
    """It clips scores at 0.01, which two births are below: effects differ in the sixth digit, errors in the fourth."""
    import pandas as pd
    import statsmodels.api as sm
    from statsmodels.treatment.treatment_effects import TreatmentEffect

    sample = births()
    assert sample.outcome_covariates is not None
    score = pd.DataFrame({"one": 1.0, **sample.covariates})
    outcome = pd.DataFrame({"one": 1.0, **sample.outcome_covariates})
    chosen = sm.Probit(sample.treatment, score).fit(disp=0, tol=1e-12)
    theirs = TreatmentEffect(sm.OLS(sample.outcome, outcome), sample.treatment, results_select=chosen)
    for method in ("ipw", "aipw"):
        ate = getattr(theirs, method)().summary_frame().iloc[0]
        ours = _means(method, "ATE")
        assert ours.effect == pytest.approx(float(ate.iloc[0]), rel=1e-5)
        assert std_error(ours.influence) == pytest.approx(float(ate.iloc[1]), rel=2e-4)


@pytest.mark.parametrize(("estimand", "score"), [("ATE", "ATE"), ("ATT", "ATTE")])
def test_doubleml_gives_the_same_augmented_effect_from_our_predictions(estimand: Estimand, score: str) -> None:
    """Its interactive model with these nuisances in place of learners, its clipping of scores at 0.01 undone.

    Its errors take nuisances as known: 25.38 for the ATE, where Stata and we, who do not, have 26.21.
    """
    from doubleml import DoubleMLData, DoubleMLIRM
    from doubleml.utils import DMLDummyClassifier, DMLDummyRegressor, PSProcessorConfig

    ready = _ready(estimand)
    assert not isinstance(ready.score, Refusal)
    assert not isinstance(ready.outcome_models, Refusal)
    low, high = (one.predictions.reshape(-1, 1) for one in ready.outcome_models)
    rows = DoubleMLData.from_arrays(ready.columns.matrix[:, 1:], ready.sample.outcome, ready.sample.treatment)
    unclipped = PSProcessorConfig(clipping_threshold=1e-9)
    model = DoubleMLIRM(
        rows, DMLDummyRegressor(), DMLDummyClassifier(), score=score, n_folds=2, ps_processor_config=unclipped
    )
    given = {"ml_g0": low, "ml_g1": high, "ml_m": ready.score.scores.reshape(-1, 1)}
    model.fit(external_predictions={"d": given})
    ours = _means("aipw", estimand)
    assert ours.effect == pytest.approx(float(model.coef[0]), rel=1e-9)
