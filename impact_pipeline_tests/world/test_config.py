from __future__ import annotations

from datetime import date

import pytest

from impact_pipeline.errors import InputError
from impact_pipeline.world.config import DEMO_WORLD, SMALL_WORLD, WorldConfig


def test_the_demo_world_has_a_pre_period_and_closes_every_window() -> None:
    assert DEMO_WORLD.exposure_starts == date(2026, 3, 16)
    assert DEMO_WORLD.exposure_ends == date(2026, 3, 27)
    assert DEMO_WORLD.last_day == date(2026, 4, 5)


def test_phases_begin_on_the_first_day_by_which_their_share_has_passed() -> None:
    assert DEMO_WORLD.phase_starts(0.0) == date(2026, 3, 16)
    assert DEMO_WORLD.phase_starts(1 / 6) == date(2026, 3, 18)
    assert SMALL_WORLD.phase_starts(1 / 6) == date(2026, 3, 6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "world: seed is -1; it must lie in 0 .. 2^63 - 1"),
        ({"users": 99}, "world: users is 99; at least 100 are needed, or arms stay empty"),
        ({"exposure_days": 1}, "world: at least 1 day of warm-up and 2 days of exposure are needed"),
        ({"warm_up_days": 0}, "world: at least 1 day of warm-up and 2 days of exposure are needed"),
        ({"days": 25}, "world: days is 25; warm-up and exposure need 26; raise it"),
    ],
)
def test_a_world_that_cannot_hold_its_studies_is_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(InputError) as raised:
        WorldConfig(**arguments)  # type: ignore[arg-type]
    assert str(raised.value) == message
