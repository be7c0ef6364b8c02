from __future__ import annotations

import pytest

from benchmarks.causal.off_policy import measure


def test_all_sides_find_the_same() -> None:
    found = measure(5000, 1)
    assert found.answers["value"] == pytest.approx(found.answers["pandas"], rel=1e-9)
    assert found.answers["answer"] == pytest.approx(found.answers["pandas"], rel=1e-9)
    assert found.ratio > 0
