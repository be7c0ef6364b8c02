from __future__ import annotations

import pytest

from impact_pipeline.causal.discontinuity import (
    Reading,
    fit_at_cutoff,
    main_reading,
    read_alternatives,
    read_at_cutoff,
    window_errors,
)
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.diagnostics.causal.cut_off import design, sample


def test_alternatives_are_read_as_each_alone() -> None:
    designs = [design(kernel=kernel, order=order) for kernel in ("triangular", "uniform") for order in (1, 2)]
    together = read_alternatives(sample(), designs, 0.05)
    assert together == [read_at_cutoff(sample(), one, 0.05) for one in designs]


def test_alternatives_of_a_sample_that_does_not_serve_are_refused_alike() -> None:
    found = read_alternatives(sample(), [design(treated="below")] * 2, 0.05)
    assert [type(one) for one in found] == [Refusal, Refusal]


def test_a_mirrored_bandwidth_belongs_to_its_side_of_the_score() -> None:
    section = sample()
    assert section.score is not None
    mirrored = type(section)(section.outcome, section.treatment, score=-section.score)
    plain = fit_at_cutoff(section, design(bandwidth=(0.3, 0.6)))
    turned = fit_at_cutoff(mirrored, design(bandwidth=(0.6, 0.3), treated="at_or_below"))
    assert not isinstance(plain, Refusal)
    assert not isinstance(turned, Refusal)
    assert main_reading(plain, 0.05) == main_reading(turned, 0.05)


@pytest.mark.parametrize(
    ("errors", "told"), [("nearest_neighbour", "HC2"), ("HC3", "HC3"), ("cluster_by_side", "cluster")]
)
def test_a_window_takes_errors_that_need_no_line(errors: str, told: str) -> None:
    assert window_errors(design(errors=errors)) == told


def test_a_reading_is_what_the_estimator_says() -> None:
    found = read_at_cutoff(sample(1), design(), 0.05)
    assert isinstance(found, Reading)
    assert found.lower < 1.0 < found.upper
