from __future__ import annotations

import pytest

from benchmarks.causal.instruments import measure

SAME_FORMULA = 1e-8


def test_both_sides_find_the_same() -> None:
    for found in measure(2000, 1):
        assert found.our_answer == pytest.approx(found.their_answer, rel=SAME_FORMULA)
        assert found.ratio > 0
