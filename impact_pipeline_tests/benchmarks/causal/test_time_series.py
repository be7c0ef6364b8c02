from __future__ import annotations

from benchmarks.causal.time_series import EFFECT, measure


def test_both_sides_find_the_planted_effect() -> None:
    """Their priors differ, and so do their values; each interval holds the truth."""
    for found in measure(300, 1):
        for value, lower, upper in (found.our_answer, found.their_answer):
            assert lower < EFFECT < upper
            assert lower < value < upper
        assert found.ratio > 0
