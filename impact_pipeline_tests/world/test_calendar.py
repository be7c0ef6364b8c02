from __future__ import annotations

from impact_pipeline.world.calendar import buying, in_burst, traffic
from impact_pipeline.world.config import DEMO_WORLD


def test_marketing_runs_in_the_warm_up_and_early_in_the_exposures() -> None:
    assert [day for day in range(DEMO_WORLD.days) if in_burst(DEMO_WORLD, day)] == [6, 7, 8, 15, 16, 17, 18]


def test_saturdays_see_more_traffic_than_tuesdays() -> None:
    tuesday, saturday = traffic(DEMO_WORLD, 22), traffic(DEMO_WORLD, 26)
    assert saturday > 1.2 * tuesday


def test_a_burst_raises_traffic_and_buying() -> None:
    assert traffic(DEMO_WORLD, 15) > 1.2 * traffic(DEMO_WORLD, 22)
    assert buying(DEMO_WORLD, 15) == 1.15
    assert buying(DEMO_WORLD, 22) == 1.0
