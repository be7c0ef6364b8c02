from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.causal.base import Effect
from impact_pipeline.causal.exhibits import SpecificationCurve
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.sensitivity.leave_one_cohort_out import LeaveOneCohortOut
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline_tests.estimators.causal.adopters import FIRST, answered, asked, panel


def found(sample: Panel) -> Checked:
    question = asked(sample)
    return LeaveOneCohortOut().check(question, answered(question))


def one_sided(seed: int = 0) -> Panel:
    """The cohort of 2003 gains much, that of 2005 loses some."""
    sample = panel(effect=0.0, seed=seed)
    gain = np.where(FIRST == 2, 6.0, -1.0)[sample.unit] * sample.treated
    return panel_of(sample.unit.tolist(), sample.period.tolist(), sample.outcome + gain, sample.treated)


def test_an_effect_in_every_cohort_passes() -> None:
    checked = found(panel())
    assert checked.finding.passed is True
    (shown,) = checked.exhibits
    assert isinstance(shown, SpecificationCurve)
    assert [one.choices[0][1] for one in shown.alternatives] == ["none", "2003", "2005"]


def test_without_a_cohort_means_without_its_units() -> None:
    (shown,) = found(panel()).exhibits
    assert isinstance(shown, SpecificationCurve)
    sample = panel()
    main = answered(asked(sample.keep(FIRST[sample.unit] != 2))).main
    assert isinstance(main, Effect)
    assert shown.alternatives[1].value == pytest.approx(main.value)


def test_an_effect_of_one_cohort_alone_fails() -> None:
    finding = found(one_sided()).finding
    assert (finding.passed, finding.consequence) == (False, "hold")
    assert "it is weakest without those that adopt in '2'" in finding.sentence


def test_an_effect_that_does_not_exclude_zero_has_no_sign_to_lose() -> None:
    assert found(panel(effect=0.0)).finding.passed is None


def test_one_cohort_cannot_be_left_out() -> None:
    finding = found(panel(np.array([3] * 40 + [6] * 40))).finding
    assert (finding.passed, finding.sentence) == (None, "There is one cohort only, so none can be left out.")
