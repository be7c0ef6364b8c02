from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.world.assignment import NEVER, Assignment, multiplier
from impact_pipeline.world.config import DEMO_WORLD, WorldConfig
from impact_pipeline.world.population import MOBILE
from impact_pipeline.world.studies import Fade, Phase, PlantedStudy

CONFIG = WorldConfig(users=20_000)
EVERYONE = np.arange(CONFIG.users)
START = CONFIG.warm_up_days


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_a_user_is_exposed_once_at_the_first_session_and_keeps_the_arm() -> None:
    state = Assignment(PlantedStudy("s", "ship"), CONFIG)
    user, device = np.array([3, 3, 8]), np.ones(3, dtype=np.int64)
    first = state.meet(START, user, device, rng())
    arms = state.treated.copy()
    state.meet(START + 1, np.array([3, 9]), np.ones(2, dtype=np.int64), rng())
    assert first.session.tolist() == [0, 2]
    assert state.exposed_on[[3, 8, 9, 0]].tolist() == [START, START, START + 1, NEVER]
    assert state.treated[3] == arms[3]


def test_phases_change_the_share_of_new_users_only() -> None:
    ramp = PlantedStudy("ramp", "ship", phases=(Phase(0.0, 0.2), Phase(1 / 6, 0.5)))
    state = Assignment(ramp, CONFIG)
    early, late = EVERYONE[:10_000], EVERYONE[10_000:]
    state.meet(START, early, np.ones(10_000, dtype=np.int64), rng())
    state.meet(START + 2, np.sort(EVERYONE), np.ones(CONFIG.users, dtype=np.int64), rng())
    assert state.treated[early].mean() == pytest.approx(0.2, abs=0.015)
    assert state.treated[late].mean() == pytest.approx(0.5, abs=0.02)


def test_lost_contacts_are_treated_mobile_ones_alone() -> None:
    state = Assignment(PlantedStudy("srm", "invalid", lost_share=0.5), CONFIG)
    device = np.where(EVERYONE % 2 == 0, MOBILE, 1)
    logged = state.meet(START, EVERYONE, device, rng()).session
    lost = np.setdiff1d(EVERYONE, logged)
    assert state.treated[lost].all()
    assert (device[lost] == MOBILE).all()
    assert len(lost) / (state.treated & (device == MOBILE)).sum() == pytest.approx(0.5, abs=0.03)


def test_mixed_users_are_logged_in_the_other_arm_later() -> None:
    state = Assignment(PlantedStudy("mixed", "ship", mixed_share=1.0), CONFIG)
    user, device = np.array([1, 2, 3]), np.ones(3, dtype=np.int64)
    first = state.meet(START, user, device, rng())
    second = state.meet(START + 1, user, device, rng())
    assert (first.arm + second.arm).tolist() == [1, 1, 1]


def test_only_treated_users_who_met_the_study_are_multiplied() -> None:
    study = PlantedStudy("s", "ship", {"orders": 0.5}, fade=Fade(full_days=1, gone_day=2))
    state = Assignment(study, CONFIG)
    state.exposed_on[:3], state.treated[:2] = (START, NEVER, START), True
    user = np.array([0, 1, 2])
    by_day = [multiplier("orders", START + age, user, (state,)).tolist() for age in (0, 1, 2)]
    assert by_day == [[1.5, 1.0, 1.0], [1.25, 1.0, 1.0], [1.0, 1.0, 1.0]]
    assert multiplier("tickets", START, user, (state,)).tolist() == [1.0, 1.0, 1.0]


def test_multipliers_of_overlapping_studies_multiply() -> None:
    states = tuple(Assignment(PlantedStudy(name, "ship", {"orders": 0.5}), DEMO_WORLD) for name in ("a", "b"))
    for state in states:
        state.exposed_on[0], state.treated[0] = START, True
    assert multiplier("orders", START, np.array([0]), states).tolist() == [2.25]
