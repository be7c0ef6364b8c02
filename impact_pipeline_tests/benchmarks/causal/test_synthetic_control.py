from __future__ import annotations

import pytest

from benchmarks.causal.synthetic_control import JOBS, our_differences, sample, their_differences

SLSQP = 1e-3
"""How near pysyncon's optimiser comes to the optimum on few donors."""
SEARCH = 0.02
"""synthdid-py and diff-diff stop before the optimum."""
ERRORS = 0.6
"""Placebos of peers are drawn at random, ours are each donor once."""


def test_sides_that_weigh_by_outcomes_find_the_same() -> None:
    block = sample(6)
    answers = {name: side(block, 6) for name, side in JOBS["outcomes"].items()}
    for answer in answers.values():
        assert answer == pytest.approx(answers["impact_pipeline"], abs=SLSQP)


def test_sides_of_differences_find_the_same() -> None:
    block = sample(12)
    ours, theirs = our_differences(block, 12), their_differences(block, 12)
    assert ours[0] == pytest.approx(theirs[0], abs=SEARCH)
    assert ours[1] == pytest.approx(theirs[1], rel=ERRORS)
