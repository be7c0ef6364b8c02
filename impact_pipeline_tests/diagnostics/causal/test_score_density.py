from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.exhibits import Histogram
from impact_pipeline.diagnostics.causal.score_density import ScoreDensity
from impact_pipeline_tests.diagnostics.causal.cut_off import checked, sample


def test_a_smooth_score_passes_and_is_shown() -> None:
    found = checked(ScoreDensity(), sample())
    assert (found.finding.passed, found.finding.consequence) == (True, "never_ship")
    (histogram,) = found.exhibits
    assert isinstance(histogram, Histogram)
    assert len(histogram.edges) == len(histogram.groups[0][1]) + 1 == len(histogram.groups[1][1]) + 1
    below, above = (sum(values) for _, values in histogram.groups)
    assert 0 < below + above <= 2000
    assert histogram.mark == 0.0


def test_a_heap_above_the_cutoff_fails() -> None:
    section = sample()
    assert section.score is not None
    moved = np.where((section.score > -0.15) & (section.score < -0.02), -section.score / 2, section.score)
    found = checked(ScoreDensity(), replace(section, score=moved, treatment=(moved >= 0) * 1.0)).finding
    assert found.passed is False
    assert "units seem to choose their side" in found.sentence


def test_units_whose_outcome_is_missing_count_too() -> None:
    """Outcomes of half of those just below are missing: what is left looks sorted, all of them do not."""
    section = sample(n=4000)
    assert section.score is not None
    seen = ~((section.score < 0) & (section.score > -0.1) & (np.arange(4000) % 4 > 0))
    left = section.keep(seen)
    assert checked(ScoreDensity(), left).finding.passed is False
    assert checked(ScoreDensity(), replace(left, every_score=section.score)).finding.passed is True


@pytest.mark.parametrize("treated", ["at_or_below", "below", "above"])
def test_units_at_the_cutoff_stand_on_the_side_of_their_treatment(treated: str) -> None:
    section = sample(step=0.02)
    found = checked(ScoreDensity(), section, treated=treated).finding
    mirrored = treated.endswith("below")
    left, right = found.details["units_left"], found.details["units_right"]
    at = int(np.sum(section.score == 0))
    plain = checked(ScoreDensity(), section).finding.details["units_left"]
    assert isinstance(plain, int)
    assert (left > plain) == (treated in ("at_or_below", "above")), (at, left, right, mirrored)


def test_few_distinct_scores_are_not_judged() -> None:
    found = checked(ScoreDensity(), sample(step=0.1)).finding
    assert (found.passed, found.consequence) == (None, "none")
    assert "10 distinct scores; a density needs 23" in found.sentence


def test_a_score_that_is_not_finite_is_not_judged() -> None:
    section = sample(n=100)
    assert section.score is not None
    found = checked(ScoreDensity(), replace(section, score=np.where(section.score > 0.9, np.nan, section.score)))
    assert found.finding.passed is None
