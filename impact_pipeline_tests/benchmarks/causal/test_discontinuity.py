from __future__ import annotations

import pytest

from benchmarks.causal.discontinuity import measure

SAME_RULE = 1e-4
"""Bandwidths agree to 1e-5; so do numbers made with them, up to a factor."""


def test_both_sides_do_the_same_job() -> None:
    effect, density = measure(3_000, 1)
    assert effect.our_answer == pytest.approx(effect.their_answer, rel=SAME_RULE)
    assert density.our_answer == pytest.approx(density.their_answer, rel=SAME_RULE)
    assert min(effect.ratio, density.ratio) > 0
