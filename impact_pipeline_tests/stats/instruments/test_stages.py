from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.instruments.instrumented import Errors
from impact_pipeline.stats.instruments.stages import slopes
from impact_pipeline_tests.stats.instruments.drawn import drawn

SAME_FORMULA = 1e-8


@pytest.mark.parametrize("errors", ["classical", "HC1", "cluster"])
def test_slopes_are_those_of_least_squares_on_all_instruments(errors: Errors) -> None:
    draw = drawn(1)
    rows = draw.rows(errors)
    for stage, left in (("first stage", draw.treatment), ("reduced form", draw.outcome)):
        fit = sm.OLS(left, np.column_stack([draw.exogenous, draw.excluded])).fit()
        if errors != "classical":
            fit = fit.get_robustcov_results(errors, **({"groups": draw.cluster} if errors == "cluster" else {}))
        found = slopes(rows, stage)  # type: ignore[arg-type]
        assert [one.instrument for one in found] == ["z0", "z1", "z2"]
        assert [one.value for one in found] == pytest.approx(fit.params[-3:], rel=SAME_FORMULA)
        assert [one.std_error for one in found] == pytest.approx(fit.bse[-3:], rel=SAME_FORMULA)
        assert {one.degrees_of_freedom for one in found} == {24.0 if errors == "cluster" else 394.0}
