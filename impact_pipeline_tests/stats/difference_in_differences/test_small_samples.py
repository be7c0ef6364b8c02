"""CR2 with period effects as columns against CR2 with a dummy for every unit and period."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.cluster_robust import clustered, covariance, satterthwaite
from impact_pipeline.stats.difference_in_differences.fixed_effects import fixed_effects
from impact_pipeline.stats.difference_in_differences.small_samples import ExplicitFit, explicit_fit
from impact_pipeline.stats.least_squares import Fit, least_squares
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn, dummies

CLOSE = 1e-8

PANELS = {
    "balanced": drawn(units=10, treated=4),
    "clusters": drawn(units=12, treated=6, clusters=6),
    "missing": drawn(units=12, treated=6, seen=0.8),
}


def _explicit(panel: Panel) -> ExplicitFit:
    cluster = panel.unit if panel.cluster is None else panel.cluster
    found = explicit_fit(fixed_effects(panel), ("treated",), panel.treated[None, :], panel.outcome, cluster)
    assert isinstance(found, ExplicitFit)
    return found


@pytest.mark.parametrize("name", PANELS)
def test_cr2_is_that_of_all_dummies(name: str) -> None:
    panel = PANELS[name]
    every = dummies(panel)
    columns = np.column_stack([every[:, : len(panel.units)], every[:, len(panel.units) + 1 :], panel.treated])
    fit = least_squares(columns, panel.outcome)
    assert isinstance(fit, Fit)
    rows = clustered(fit, panel.unit if panel.cluster is None else panel.cluster)
    assert not hasattr(rows, "reason")
    found, last = _explicit(panel), np.eye(fit.k)[-1]
    assert found.spread()[0, 0] == pytest.approx(covariance(rows, "CR2")[-1, -1], rel=CLOSE)
    assert found.degrees_of_freedom(np.ones(1)) == pytest.approx(satterthwaite(rows, last), rel=CLOSE)


def test_two_periods_give_the_welch_of_changes() -> None:
    """With one period before and after, CR2 is Welch's variance of changes, whose degrees of freedom under equal errors
    are those of Satterthwaite (Bell, McCaffrey 2002)."""
    panel = drawn(units=11, periods=2, start=1, treated=4)
    changes = np.diff(panel.matrix(panel.outcome), axis=1)[:, 0]
    treated, others = changes[:4], changes[4:]
    welch = treated.var(ddof=1) / 4 + others.var(ddof=1) / 7
    shares = np.array([1 / 4, 1 / 7])
    degrees = shares.sum() ** 2 / np.sum(shares**2 / np.array([3, 6]))
    found = _explicit(panel)
    assert found.spread()[0, 0] == pytest.approx(welch, rel=CLOSE)
    assert found.degrees_of_freedom(np.ones(1)) == pytest.approx(degrees, rel=CLOSE)


def test_one_treated_cluster_tells_no_error() -> None:
    refusal = _explicit(drawn(units=10, treated=1)).refusal(np.ones(1))
    assert refusal is not None
    assert refusal.reason == "too_few_clusters"
