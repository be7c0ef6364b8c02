from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.discontinuity.bandwidths import Bandwidths, Recipe, Selector
from impact_pipeline.stats.discontinuity.errors import Errors, errors_of
from impact_pipeline.stats.discontinuity.estimate import estimate
from impact_pipeline.stats.discontinuity.robust import Discontinuous
from impact_pipeline.stats.discontinuity.sides import Floats, sides_of
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.discontinuity.drawn import bandwidths_by_rdrobust, drawn


def refused(
    score: Floats, outcome: Floats, widths: Selector | Bandwidths = "mserd", errors: Errors | None = None
) -> Refusal:
    found = estimate(errors_of(sides_of(score, outcome[None]), errors), Recipe(), widths)
    assert isinstance(found, Refusal)
    return found


def test_one_sided_take_up_chooses_bandwidths_by_the_outcome() -> None:
    """As rdrobust does where all units of a side are treated alike."""
    draw = drawn()
    treatment = np.where(draw.score >= 0, draw.treatment, 0.0)
    sides = sides_of(draw.score, np.stack([draw.outcome, treatment]))
    oracle = bandwidths_by_rdrobust(draw, fuzzy=treatment)["mserd"]
    found = estimate(errors_of(sides), Recipe(fuzzy=True), "mserd")
    assert isinstance(found, Discontinuous)
    assert found.bandwidths.main == pytest.approx(oracle[:2], rel=1e-5)


def test_a_fuzzy_design_may_choose_by_the_outcome() -> None:
    draw = drawn()
    oracle = bandwidths_by_rdrobust(draw, fuzzy=draw.treatment, sharpbw=True)["mserd"]
    found = estimate(errors_of(draw.sides(fuzzy=True)), Recipe(fuzzy=True), "mserd", by_outcome=True)
    assert isinstance(found, Discontinuous)
    assert found.bandwidths.main == pytest.approx(oracle[:2], rel=1e-5)


SCORE = np.linspace(-1, 1, 201)
NOISE = np.random.default_rng(0).normal(size=201)


def test_a_constant_outcome_is_refused() -> None:
    assert refused(SCORE, np.ones(201)).reason == "zero_variance"


def test_an_outcome_that_its_line_determines_is_refused() -> None:
    found = refused(SCORE, (SCORE >= 0) * 1.0, Bandwidths((0.5, 0.5), (0.5, 0.5)))
    assert found.reason == "zero_variance"
    assert refused(SCORE, (SCORE >= 0) * 1.0).reason == "zero_variance"


def test_an_outcome_that_varies_far_away_alone_is_refused() -> None:
    far = np.concatenate([[-1000.0], SCORE * 1e-3, [1000.0]])
    assert refused(far, np.concatenate([[0.0], np.zeros(201), [1.0]])).reason == "zero_variance"


def test_a_rule_without_an_answer_is_refused() -> None:
    """Most scores lie close together far away, so the pilot is too narrow to hold any at the cut-off."""
    score = np.concatenate([-1000 + 1e-6 * SCORE, -np.arange(1.0, 21.0), np.arange(1.0, 21.0)])
    found = refused(score, np.random.default_rng(0).normal(size=len(score)))
    assert (found.reason, "give a bandwidth as a number" in found.detail) == ("too_few_units", True)


def test_a_side_without_units_is_refused() -> None:
    found = refused(np.abs(SCORE), NOISE)
    assert (found.reason, "0 units lie below" in found.detail) == ("too_few_units", True)


def test_a_narrow_bandwidth_is_refused_with_its_count() -> None:
    found = refused(SCORE, NOISE, Bandwidths((0.055, 0.5), (0.5, 0.5)))
    assert found.reason == "too_few_units"
    assert "5 units lie within 0.055 below the cut-off; 10 are needed" in found.detail


def test_few_distinct_scores_are_refused() -> None:
    coarse = np.round(SCORE * 3)
    assert refused(coarse, NOISE).reason == "no_support"
    finer = np.repeat(np.round(SCORE * 40), 5)
    found = refused(finer, np.random.default_rng(1).normal(size=len(finer)), Bandwidths((3.0, 3.0), (20.0, 20.0)))
    assert found.reason == "no_support"
    assert "distinct values within 3" in found.detail


def test_one_cluster_on_a_side_is_refused() -> None:
    sides = sides_of(SCORE, NOISE[None], cluster=(SCORE >= 0).astype(np.intp))
    found = estimate(errors_of(sides, Errors("cluster")), Recipe(), "mserd")
    assert isinstance(found, Refusal)
    assert found.reason == "too_few_clusters"


def test_scores_without_end_are_refused() -> None:
    score = SCORE.copy()
    score[-1] = np.inf
    assert refused(score, NOISE).reason == "measure_undefined"


def test_the_same_again_on_repeat() -> None:
    def once() -> Discontinuous:
        found = estimate(errors_of(drawn().sides()), Recipe(), "mserd")
        assert isinstance(found, Discontinuous)
        return found

    assert once().jump() == once().jump()
