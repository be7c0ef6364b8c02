from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest

from impact_pipeline.catalog.designs import CLUSTER, StagedRolloutDesign
from impact_pipeline.catalog.metrics.readings import Reading, UnitValue
from impact_pipeline.estimators.base import Contrast
from impact_pipeline.estimators.kept import Kept, kept_of
from impact_pipeline.estimators.question import Arm
from impact_pipeline.estimators.strata import (
    Part,
    Stratified,
    parts_by_look,
    parts_by_segment,
    parts_by_value,
    stratify,
)
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells
from impact_pipeline.outcomes.phases import RandomisationPhase, randomisation_phases
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.small_studies import Group, cells, exposed, moments, units_by_value

DAY_1, DAY_2, DAY_3 = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
CONTRAST = Contrast("treatment", "control")
DESIGN = StagedRolloutDesign.model_validate(
    {
        "type": "staged_rollout",
        "control": "control",
        "phases": [
            {"starts": DAY_1, "arms": {"control": 0.9, "treatment": 0.1, "other": 0}},
            {"starts": DAY_2, "arms": {"control": 0.4, "treatment": 0.4, "other": 0.2}},
            {"starts": DAY_3, "arms": {"control": 0, "treatment": 0.5, "other": 0.5}},
        ],
    }
)
MEAN = Reading("", "Orders", "mean", UnitValue(()))
MEDIAN = Reading("", "Median", "quantile", UnitValue(()), quantile=0.5, digits=3)
APP, WEB = ("device", "app"), ("device", "web")


def group(arm: str, day: date, *y: int, segment: tuple[str, str] = ALL_UNITS) -> Group:
    return Group(arm, {"orders": moments(y)}, day, segment)


def phases_of(found: Cells) -> tuple[RandomisationPhase, ...]:
    return randomisation_phases(DESIGN, found.cohort_days())


def kept(found: Cells) -> Kept:
    return kept_of(found, "orders", MEAN)


def stratified(found: Cells, groups: Sequence[tuple[str, str]] = (ALL_UNITS,)) -> Stratified:
    return stratify(parts_by_segment(kept(found), phases_of(found), groups), CONTRAST)


def weights(found: Stratified) -> list[list[float]]:
    return [np.asarray(stratum.weight).tolist() for stratum in found.strata]


def alone(found: Arm, place: int = 0) -> Moments:
    return found.moments.each(lambda sums: sums[place])


def test_strata_are_phases_weighted_by_the_units_of_every_arm() -> None:
    found = stratified(
        cells(
            group("control", DAY_1, 1, 2, 3), group("treatment", DAY_1, 4, 5),
            group("control", DAY_2, 1, 1), group("treatment", DAY_2, 2, 3), group("other", DAY_2, 9, 9, 9),
        )
    )  # fmt: skip
    assert [stratum.name for stratum in found.strata[:2]] == ["the phase from 2026-03-02", "the phase from 2026-03-03"]
    assert weights(found) == [[5 / 12], [7 / 12], [0.0]]
    assert [alone(stratum.treatment) for stratum in found.strata[:2]] == [moments([4, 5]), moments([2, 3])]
    assert [alone(stratum.control) for stratum in found.strata[:2]] == [moments([1, 2, 3]), moments([1, 1])]
    assert found.notes(0) == ()


def test_a_phase_with_a_paused_or_almost_empty_arm_has_no_weight_and_is_named() -> None:
    found = stratified(
        cells(
            group("control", DAY_1, 1, 2, 3), group("treatment", DAY_1, 4),
            group("control", DAY_2, 1, 1), group("treatment", DAY_2, 2, 3),
            group("treatment", DAY_3, 2, 3),
        )
    )  # fmt: skip
    assert weights(found) == [[0.0], [1.0], [0.0]]
    assert found.notes(0) == (
        "the phase from 2026-03-02 is left out: 'treatment' has 1 of the 2 units it needs",
        "the phase from 2026-03-04 is left out: 'control' has a share of 0 in it",
    )


def test_a_phase_that_has_not_begun_is_not_worth_a_note() -> None:
    found = stratified(cells(group("control", DAY_1, 1, 2, 3), group("treatment", DAY_1, 4, 5)))
    assert (weights(found), found.notes(0)) == ([[1.0], [0.0], [0.0]], ())


def test_each_group_has_weights_and_notes_of_its_own() -> None:
    found = stratified(
        cells(
            group("control", DAY_1, 1, 2), group("treatment", DAY_1, 4, 5),
            group("control", DAY_2, 1, 1), group("treatment", DAY_2, 2, 3),
            group("control", DAY_1, 1, segment=WEB), group("treatment", DAY_1, 4, segment=WEB),
            group("control", DAY_2, 1, 1, segment=WEB), group("treatment", DAY_2, 2, 3, segment=WEB),
        ),
        (WEB, ALL_UNITS),
    )  # fmt: skip
    assert weights(found) == [[0.0, 0.5], [1.0, 0.5], [0.0, 0.0]]
    assert found.notes(0) == ("the phase from 2026-03-02 is left out: 'treatment' has 1 of the 2 units it needs",)
    assert found.notes(1) == ()
    assert alone(found.strata[1].treatment, 0) == alone(found.strata[1].treatment, 1) == moments([2, 3])


def test_an_arm_that_nobody_was_exposed_to_has_no_units() -> None:
    found = stratified(cells(group("control", DAY_1, 1, 2, 3)))
    assert weights(found) == [[0.0], [0.0], [0.0]]
    assert alone(found.strata[0].treatment).n == 0
    assert found.notes(0) == ("the phase from 2026-03-02 is left out: 'treatment' has 0 of the 2 units it needs",)


def test_values_of_a_segment_are_strata_within_phases() -> None:
    by_device = [
        group(arm, day, *y, segment=segment)
        for day in (DAY_1, DAY_2)
        for arm, y in (("control", (1, 2)), ("treatment", (4, 6)))
        for segment in (APP, WEB)
    ]
    found = cells(*by_device)

    def values(phases: tuple[RandomisationPhase, ...]) -> list[str]:
        parts = parts_by_value(kept(found), "device", lambda g: parts_by_segment(kept(found), phases, [g]))
        assert all(
            alone(part.arms["treatment"]) in (moments([4, 6]), moments([4, 6, 4, 6]), Moments()) for part in parts
        )
        return [part.name for part in parts]

    constant = RandomisationPhase("all cohorts", DESIGN.arms, (DAY_1, DAY_2))
    assert values((constant,)) == ["device 'app'", "device 'web'"]
    assert values(phases_of(found))[:4] == [
        "device 'app' in the phase from 2026-03-02",
        "device 'app' in the phase from 2026-03-03",
        "device 'app' in the phase from 2026-03-04",
        "device 'web' in the phase from 2026-03-02",
    ]
    assert values(()) == []
    assert parts_by_value(kept(found), "country", lambda _: ()) == ()


LOOKS = tuple(DAY_1 + timedelta(days=n) for n in range(6))
LAST_DAY = 2


def random_cells(seed: int) -> Cells:
    rng = np.random.default_rng(seed)
    groups = []
    for day in (DAY_1, DAY_2, DAY_3):
        for arm in ("control", "treatment"):
            y = rng.integers(0, 90, rng.integers(1, 9))
            whole, buckets = units_by_value(y, 3)
            for segment in (ALL_UNITS, WEB):
                kinds = {"orders": moments(y, x=[y, y // 2]), "median": whole}
                groups.append(Group(arm, kinds, day, segment, buckets={"median": buckets}))
    return cells(*groups)


def until(found: Cells, look: date) -> tuple[date, ...]:
    """Cohorts whose window has closed by a look."""
    return tuple(day for day in found.cohort_days() if day + timedelta(days=LAST_DAY) <= look)


@pytest.mark.parametrize("seed", range(5))
def test_looks_read_at_once_are_those_of_each_look_by_itself(seed: int) -> None:
    found = random_cells(seed)
    together = parts_by_look(kept(found), phases_of(found), LOOKS, LAST_DAY, (ALL_UNITS, WEB))
    for i, look in enumerate(LOOKS):
        phases = randomisation_phases(DESIGN, until(found, look))
        each = parts_by_segment(kept(found), phases, [ALL_UNITS, WEB])
        for part, expected in zip(together, each, strict=True):
            assert (part.name, part.shares, set(part.arms)) == (expected.name, expected.shares, set(expected.arms))
            for arm in ("control", "treatment"):
                for g in (0, 1):
                    assert alone(part.arms[arm], 2 * i + g) == alone(expected.arms[arm], g)


def test_the_weights_and_notes_of_looks_are_those_of_each_look_by_itself() -> None:
    found = random_cells(7)
    together = stratify(parts_by_look(kept(found), phases_of(found), LOOKS, LAST_DAY), CONTRAST)
    for i, look in enumerate(LOOKS):
        phases = randomisation_phases(DESIGN, until(found, look))
        expected = stratify(parts_by_segment(kept(found), phases, [ALL_UNITS]), CONTRAST)
        assert [weight[i] for weight in weights(together)] == [weight[0] for weight in weights(expected)]
        assert together.notes(i) == expected.notes(0)


def test_distributions_of_looks_hold_the_cohorts_closed_by_then() -> None:
    found = random_cells(3)
    values = kept_of(found, "median", MEDIAN)
    parts: tuple[Part, ...] = parts_by_look(values, phases_of(found), LOOKS, LAST_DAY)
    for i, look in enumerate(LOOKS):
        each = parts_by_segment(values, randomisation_phases(DESIGN, until(found, look)), [ALL_UNITS])
        for part, expected in zip(parts, each, strict=True):
            read, own = (arms.arms["treatment"].distributions for arms in (part, expected))
            assert len(read) == len(LOOKS)
            assert (read[i].n, read[i].counts.tolist()) == (own[0].n, own[0].counts.tolist())


def test_clusters_of_a_group_are_those_of_the_days_it_counts() -> None:
    found = cells(
        *(group("control", day, *y, segment=(CLUSTER, name)) for day, name, y in (
            (DAY_1, "north", (1, 2)), (DAY_2, "north", (3,)), (DAY_2, "south", (7, 8)),
        )),
        exposed("treatment", 0, DAY_1),
    )  # fmt: skip
    phase = RandomisationPhase("all cohorts", {"control": 0.5, "treatment": 0.5}, (DAY_1, DAY_2))
    [part] = parts_by_look(kept(found), [phase], [DAY_1, DAY_2], 0)
    clusters = part.arms["control"].clusters
    assert clusters is not None
    assert np.asarray(clusters.y).tolist() == [[3, 0], [6, 15]]
    assert part.arms["treatment"].clusters is not None
