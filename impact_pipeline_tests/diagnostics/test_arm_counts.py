from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from impact_pipeline.diagnostics.arm_counts import chi_square, counted, log_e_values
from impact_pipeline.stats.sample_ratio_sequence import log_e_value
from impact_pipeline_tests.small_studies import START, cells, exposed, mean_metric, study

NEXT = START + timedelta(days=1)
PHASES = [
    {"starts": START, "arms": {"control": 0.9, "treatment": 0.1}},
    {"starts": NEXT, "arms": {"control": 0.5, "treatment": 0.5}},
]
RAMP = study(mean_metric(), days=3, design={"type": "staged_rollout", "control": "control", "phases": PHASES})
UNITS = cells(
    exposed("control", 90), exposed("treatment", 12), exposed("control", 40, NEXT), exposed("treatment", 55, NEXT),
    exposed("control", 50, NEXT + timedelta(days=1)), exposed("control", 7, segment=("browser", "safari")),
)  # fmt: skip


def test_units_are_counted_by_day_and_arm_within_phases() -> None:
    first, second = counted(RAMP, UNITS)
    assert (first.counts.tolist(), first.shares) == ([[90, 12]], (0.9, 0.1))
    assert second.counts.tolist() == [[40, 55], [50, 0]]
    assert second.by_arm.tolist() == [90, 55]
    assert second.expected.tolist() == [72.5, 72.5]
    assert [phase.counts.tolist() for phase in counted(RAMP, UNITS, ("browser", "safari"))] == [
        [[7, 0]],
        [[0, 0], [0, 0]],
    ]


def test_a_day_and_the_other_units_add_up_to_the_phase() -> None:
    _, second = counted(RAMP, UNITS)
    day = second.on(NEXT)
    assert day.counts.tolist() == [[40, 55], [0, 0]]
    assert second.without(day).counts.tolist() == [[0, 0], [50, 0]]


def test_evidence_goes_on_from_phase_to_phase() -> None:
    ends = log_e_value([90, 12], [0.9, 0.1])
    later = np.asarray(log_e_value([[40, 55], [90, 55]], [0.5, 0.5]))
    assert log_e_values(counted(RAMP, UNITS)) == pytest.approx([ends, *(ends + later)], rel=1e-12)
    assert np.asarray(log_e_values(counted(RAMP, cells()))).tolist() == []


def test_the_chi_square_leaves_out_phases_with_too_few_units() -> None:
    few = cells(
        exposed("control", 30), exposed("treatment", 4), exposed("control", 40, NEXT), exposed("treatment", 60, NEXT)
    )
    found = chi_square(counted(RAMP, few))
    assert found is not None
    assert (float(found.statistic), found.degrees_of_freedom) == (4.0, 1)
    assert chi_square(counted(RAMP, cells())) is None
