from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.exhibits import SpecificationCurve
from impact_pipeline.sensitivity.discontinuity_specifications import DiscontinuitySpecifications
from impact_pipeline_tests.diagnostics.causal.cut_off import WINDOW, checked, sample
from impact_pipeline_tests.stats.discontinuity.drawn import KERNELS, quietly


def test_every_alternative_is_rdrobusts() -> None:
    from rdrobust import rdrobust

    section = sample()
    found = checked(DiscontinuitySpecifications(), section)
    assert found.finding.passed is True
    (curve,) = found.exhibits
    assert isinstance(curve, SpecificationCurve)
    assert len(curve.alternatives) == 18
    assert [one.is_main for one in curve.alternatives] == [True] + [False] * 17
    for one in curve.alternatives[::4]:
        chosen = dict(one.choices)
        order = int(chosen["order"])
        oracle = quietly(
            rdrobust, section.outcome, section.score, kernel=KERNELS[chosen["kernel"]], p=order, q=order + 1,
            bwselect=chosen["bandwidth"],
        )  # fmt: skip
        assert one.value == pytest.approx(float(oracle.coef.iloc[0, 0]), rel=1e-4)


def test_a_sure_opposite_fails() -> None:
    """Within a wide given bandwidth a line sees a fall where the outcome rises by a step."""
    section = sample(n=4000, effect=1.0)
    assert section.score is not None
    bent = replace(section, outcome=section.outcome - 6 * np.tanh(4 * section.score))
    found = checked(DiscontinuitySpecifications(), bent, bandwidth=0.99, order=0).finding
    assert (found.passed, found.consequence) == (False, "hold")
    assert found.statistic is not None
    assert found.statistic > 0


def test_refused_alternatives_are_told() -> None:
    section = sample(n=60)
    (curve,) = checked(DiscontinuitySpecifications(), section, bandwidth=1.0).exhibits
    assert isinstance(curve, SpecificationCurve)
    assert curve.alternatives[0].value is not None
    assert all((one.value is None) == (one.refused is not None) for one in curve.alternatives)


def test_a_window_has_no_alternatives() -> None:
    assert checked(DiscontinuitySpecifications(), sample(), **WINDOW).finding.passed is None
