from __future__ import annotations

import numpy as np

from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.samples.own_covariates import without_aliased


def test_covariates_that_add_nothing_are_left_out() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 30))
    section = CrossSection(a, b, {"a": a, "still": np.zeros(30), "b": b, "sum": a + b, "other": a * b})
    assert tuple(without_aliased(section).covariates) == ("a", "b", "other")


def test_a_sample_whose_covariates_all_count_stays_as_it_is() -> None:
    a, b = np.random.default_rng(2).normal(size=(2, 30))
    section = CrossSection(a, b, {"a": a, "b": b})
    assert without_aliased(section) is section
    bare = CrossSection(a, b)
    assert without_aliased(bare) is bare
