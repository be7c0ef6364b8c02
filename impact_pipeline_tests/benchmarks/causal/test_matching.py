"""The benchmark of matching: both sides find the same effect and error."""

from __future__ import annotations

import pytest

from benchmarks.causal.matching import measure


def test_both_sides_agree() -> None:
    [found] = measure(2_000, 1)
    assert found.our_answer == pytest.approx(found.their_answer, rel=1e-3)
