from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.world.config import WorldConfig
from impact_pipeline.world.population import make_population, share_of, user_ids


def test_every_tenth_user_signed_up_with_an_e_mail_address() -> None:
    assert user_ids(3).to_pylist() == ["u0000000@mail.example", "u0000001", "u0000002"]
    assert user_ids(11)[10].as_py() == "u0000010@mail.example"


def test_the_same_seed_gives_the_same_users_and_another_seed_others() -> None:
    first, again, other = (make_population(WorldConfig(seed=seed, users=500)) for seed in (1, 1, 2))
    assert np.array_equal(first.activity, again.activity)
    assert not np.array_equal(first.activity, other.activity)


def test_users_do_not_depend_on_how_long_the_world_lasts() -> None:
    short, long = (make_population(WorldConfig(users=500, days=days)) for days in (26, 60))
    assert np.array_equal(short.signed_up_on, long.signed_up_on)


def test_shares_are_uniform_and_independent_between_salts() -> None:
    users = np.arange(200_000)
    one, two = share_of("arm:a", 7, users), share_of("arm:b", 7, users)
    assert one.mean() == pytest.approx(0.5, abs=0.003)
    assert one.var() == pytest.approx(1 / 12, abs=0.001)
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.008
    assert one.min() >= 0
    assert one.max() < 1


def test_shares_depend_on_salt_and_seed_alone() -> None:
    assert share_of("arm:a", 7, np.array([5]))[0] == share_of("arm:a", 7, np.arange(10))[5]
    assert share_of("arm:a", 8, np.array([5]))[0] != share_of("arm:a", 7, np.array([5]))[0]
