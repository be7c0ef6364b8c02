from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.data_completeness import DataCompleteness
from impact_pipeline_tests.small_studies import START, cells, mean_metric, study


def checked(missing: Mapping[str, tuple[date, ...]]) -> Finding:
    return DataCompleteness().check(study(mean_metric()), Evidence(cells(), START, missing))


def test_all_days_there_pass() -> None:
    found = checked({"orders": ()})
    assert (found.passed, found.sentence) == (True, "Every input day is there.")


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"orders": (START,)}, "1 input day is missing (orders: 2026-03-02)."),
        (
            {"visits": (START,), "orders": tuple(START + timedelta(days=n) for n in range(7))},
            "8 input days are missing (orders: 2026-03-02, 2026-03-03, 2026-03-04, 2026-03-05, 2026-03-06 and 2 more;"
            " visits: 2026-03-02).",
        ),
    ],
)
def test_missing_days_hold_and_are_named(missing: Mapping[str, tuple[date, ...]], sentence: str) -> None:
    found = checked(missing)
    assert (found.passed, found.consequence, found.sentence) == (False, "hold", sentence)
    assert found.statistic == sum(len(days) for days in missing.values())
