"""The correction for an estimated score; its published value is in `test_matched_effect`."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.propensity.estimated_score import score_correction
from impact_pipeline.stats.propensity.prepared import Prepared, prepared
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen


def _correction(sample: CrossSection, estimand: str) -> float:
    ready = prepared(sample)
    assert isinstance(ready, Prepared)
    assert not isinstance(ready.score, Refusal)
    return score_correction(sample.outcome, sample.treatment, ready.score, estimand, 1.0)  # type: ignore[arg-type]


def test_an_estimated_score_makes_the_ate_more_precise() -> None:
    """Abadie, Imbens (2016): the correction of the ATE is never positive."""
    assert all(_correction(chosen(300, seed), "ATE") < 0 for seed in range(5))


def test_a_constant_added_to_the_outcome_changes_nothing() -> None:
    sample = chosen(300, 1)
    moved = CrossSection(sample.outcome + 1e6, sample.treatment, sample.covariates)
    for estimand in ("ATE", "ATT"):
        np.testing.assert_allclose(_correction(moved, estimand), _correction(sample, estimand), rtol=1e-5)
