from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.instruments.fitted import InstrumentalFit, fitted, of_sample, strength
from impact_pipeline.stats.instruments.instrumented import Instrumented
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.stats.instruments.drawn import drawn


def test_automatic_errors_are_by_cluster_where_the_sample_has_one() -> None:
    draw = drawn(1)
    section = CrossSection(draw.outcome, draw.treatment, draw.covariates, instruments=draw.instruments)
    clustered = CrossSection(
        draw.outcome, draw.treatment, draw.covariates, instruments=draw.instruments, cluster=draw.cluster
    )
    for sample, asked, expected in (
        (section, "automatic", "HC1"), (clustered, "automatic", "cluster"), (clustered, "classical", "classical"),
    ):  # fmt: skip
        rows = of_sample(sample, asked)  # type: ignore[arg-type]
        assert isinstance(rows, Instrumented)
        assert rows.errors == expected


@pytest.mark.parametrize(("size", "is_weak"), [(0.5, False), (0.03, True)])
def test_strength_judges_by_the_effective_f(size: float, is_weak: bool) -> None:
    assert strength(drawn(2, strength=size).rows("HC1"), 0.1).is_weak is is_weak


def test_fit_takes_the_estimator_that_was_asked_for() -> None:
    rows = drawn(3).rows("HC1")
    for name in ("two_stage_least_squares", "liml"):
        found = fitted(rows, name, 0.1, 0.05)  # type: ignore[arg-type]
        assert isinstance(found, InstrumentalFit)
        assert found.estimate is (found.liml if name == "liml" else found.two_stage)


def test_fit_is_refused_with_its_estimate() -> None:
    section = CrossSection(
        np.array([1.0, 2, 3, 5]), np.array([0.0, 1, 0, 1]), instruments={"z": np.array([0.0, 0, 1, 1])}
    )
    rows = of_sample(section, "HC1")
    assert isinstance(rows, Instrumented)
    assert isinstance(fitted(rows, "liml", 0.1, 0.05), Refusal)
