from __future__ import annotations

import pytest

from benchmarks.causal.staggered_adoption import JOBS, measure

NEWTON = 1e-4
"""diff-diff's logit stops earlier, which few rows show."""


def test_all_sides_find_the_same() -> None:
    found = measure(4000, 1)
    for job, sides in JOBS.items():
        answers = {one.side: one.answer for one in found if one.job == job}
        assert set(answers) == set(sides)
        for answer in answers.values():
            assert answer == pytest.approx(answers["ours"], rel=NEWTON)
