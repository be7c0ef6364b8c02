from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.diagnostics.causal.weak_instruments import WeakInstruments
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.diagnostics.causal.instrumented import checked, sample


def test_strong_instruments_pass() -> None:
    found = checked(WeakInstruments(), sample(1, n=1000)).finding
    assert (found.passed, found.consequence) == (True, "never_ship")
    assert found.statistic is not None
    assert found.threshold is not None
    assert found.statistic > found.threshold


def test_weak_instruments_fail_with_both_numbers_in_the_sentence() -> None:
    found = checked(WeakInstruments(), sample(1, n=1000, strength=0.05)).finding
    assert found.passed is False
    assert f"{found.statistic:.1f}, below the {found.threshold:.1f} that excludes a bias above 10 %" in found.sentence


def test_threshold_of_one_instrument_is_that_of_the_paper_at_the_designs_bias() -> None:
    """Montiel Olea, Pflueger (2013): 23.11 at 10 %, 15.06 at 20 %."""
    section = sample(2, instruments=1)
    assert checked(WeakInstruments(), section).finding.threshold == pytest.approx(23.11, abs=0.005)
    assert checked(WeakInstruments(), section, worst_bias=0.2).finding.threshold == pytest.approx(15.06, abs=0.005)


def test_without_a_first_stage_there_is_nothing_to_judge() -> None:
    found = checked(WeakInstruments(), CrossSection(np.arange(5.0), np.arange(5.0))).finding
    assert (found.passed, found.consequence) == (None, "none")
    assert "there is no instrument" in found.sentence


def test_irrelevant_instruments_pass_no_more_often_than_one_in_twenty() -> None:
    passed = [checked(WeakInstruments(), sample(seed, n=200, strength=0.0)).finding.passed for seed in range(60)]
    assert sum(one is True for one in passed) == 0
