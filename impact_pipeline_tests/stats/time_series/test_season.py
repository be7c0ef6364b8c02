from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from impact_pipeline.stats.time_series.season import season_dummies, season_waves, yearly_waves


@pytest.mark.parametrize("length", [2, 4, 7, 12])
def test_dummies_and_all_waves_span_the_same_seasons(length: int) -> None:
    places = np.arange(5 * length)
    dummies = np.column_stack(list(season_dummies(places, length).values()))
    waves = np.column_stack(list(season_waves(places, length, length // 2).values()))
    assert dummies.shape == waves.shape == (5 * length, length - 1)
    projected = waves @ np.linalg.lstsq(waves, dummies, rcond=None)[0]
    assert projected == pytest.approx(dummies, abs=1e-10)


def test_effects_add_up_to_nothing_over_a_round() -> None:
    columns = np.column_stack(list(season_dummies(np.arange(14), 7).values()))
    assert columns.sum(axis=0) == pytest.approx(np.zeros(6))


def test_the_year_comes_round_after_a_year() -> None:
    days = [date(2021, 5, 1), date(2022, 5, 1), date(2021, 5, 1) + timedelta(days=182)]
    columns = np.column_stack(list(yearly_waves(days, 1).values()))
    assert columns[1] == pytest.approx(columns[0], abs=0.01)
    assert columns[2] == pytest.approx(-columns[0], abs=0.02)
