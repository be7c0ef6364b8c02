from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.independent_assignment import ALPHA, IndependentAssignment
from impact_pipeline.exposures.other_study import NOT_IN_STUDY
from impact_pipeline_tests.small_studies import START, Group, cells, exposed, mean_metric, study

Counts = list[list[int]]
ALSO = {"also": {"type": "study", "study": "pricing"}}


def pairs(counts: Counts, outside: int = 1000) -> list[Group]:
    """Units by arm here and arm there, and units that are not in the other study."""
    groups = []
    for arm, row in zip(("control", "treatment"), counts, strict=True):
        values = dict(zip(("control", "treatment"), row, strict=True)) | {NOT_IN_STUDY: outside}
        groups += [exposed(arm, n, segment=("also", value)) for value, n in values.items() if n]
        groups.append(exposed(arm, sum(row) + outside))
    return groups


def checked(counts: Counts, outside: int = 1000, **plan: Any) -> Finding:
    found = study(mean_metric(), **{"segments": ALSO, **plan})
    return IndependentAssignment().check(found, Evidence(cells(*pairs(counts, outside)), START, {}))


def test_independent_assignments_pass_as_pearson_says() -> None:
    counts = [[240, 260], [260, 240]]
    found = checked(counts)
    expected = stats.chi2_contingency(np.array(counts), correction=False).pvalue
    assert (found.passed, found.threshold) == (True, ALPHA)
    assert found.statistic == pytest.approx(expected)
    assert found.sentence == "Units came to their arms independently of those of pricing (p = 0.21)."


def test_a_shared_hash_holds() -> None:
    found = checked([[480, 20], [20, 480]])
    assert (found.passed, found.consequence) == (False, "hold")
    assert found.sentence.startswith("Units came to their arms not independently of those of pricing (p = ")


def test_units_outside_the_other_study_say_nothing() -> None:
    found = [checked([[240, 260], [260, 240]], outside).statistic for outside in (0, 10_000)]
    assert found[0] == found[1]


def test_few_common_units_are_not_judged() -> None:
    found = checked([[3, 2], [2, 3]])
    assert (found.passed, found.sentence) == (
        None, "Too few units are in pricing as well to tell whether arms were assigned independently.",
    )  # fmt: skip


def test_a_plan_without_another_study_is_not_asked() -> None:
    assert checked([[240, 260], [260, 240]], segments={}).sentence == "The plan names no other study as a segment."


def test_size_is_kept() -> None:
    """400 pairs of independent assignments at the level .0005: 0.2 alarms expected, 3 once in 900 times."""
    rng = np.random.default_rng(4)
    draws = rng.multinomial(4000, [0.25] * 4, size=400).reshape(-1, 2, 2)
    assert sum(checked(counts.tolist()).passed is False for counts in draws) <= 2
