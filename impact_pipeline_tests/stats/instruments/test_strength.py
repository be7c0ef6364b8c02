from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import ncx2

from impact_pipeline.stats.instruments.instrumented import Errors
from impact_pipeline.stats.instruments.strength import effective_f, first_stage_f, weak_below
from impact_pipeline_tests.stats.instruments.drawn import card, drawn, mroz

PRINTED = 5e-3
SAME_FORMULA = 1e-8


def test_first_stage_of_published_rows() -> None:
    """Card (1995): 13.26; Wooldridge, Example 15.5: 55.40."""
    assert first_stage_f(card("nearc4")) == pytest.approx(13.26, abs=PRINTED)
    assert first_stage_f(mroz()) == pytest.approx(55.40, abs=PRINTED)


def test_effective_f_is_the_first_stage_f_under_classical_errors() -> None:
    rows = drawn(1).rows("classical")
    assert effective_f(rows) == pytest.approx(first_stage_f(rows), rel=1e-12)


@pytest.mark.parametrize("errors", ["HC1", "cluster"])
def test_effective_f_of_one_instrument_is_the_squared_robust_t(errors: Errors) -> None:
    draw = drawn(2, instruments=1)
    stage = sm.OLS(draw.treatment, np.column_stack([draw.exogenous, draw.excluded])).fit()
    options = {"groups": draw.cluster} if errors == "cluster" else {}
    robust = stage.get_robustcov_results(errors, **options)
    assert effective_f(draw.rows(errors)) == pytest.approx(robust.tvalues[-1] ** 2, rel=SAME_FORMULA)


@pytest.mark.parametrize(("worst_bias", "printed"), [(0.05, 37.42), (0.1, 23.11), (0.2, 15.06), (0.3, 12.05)])
def test_critical_values_of_one_instrument_are_those_of_the_paper(worst_bias: float, printed: float) -> None:
    """Montiel Olea, Pflueger (2013), Table 1, K = 1, 5 %."""
    assert weak_below(drawn(3, instruments=1).rows("HC1"), worst_bias) == pytest.approx(printed, abs=0.01)


def test_critical_value_of_equal_instruments_has_their_number_as_degrees() -> None:
    rows = drawn(4, instruments=3).rows("classical")
    assert weak_below(rows, 0.1) == pytest.approx(ncx2.ppf(0.95, 3, 30) / 3, rel=1e-9)
