"""Pictures of an event study."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.estimators.causal.event_exhibits import event_curve, parallel_paths
from impact_pipeline.stats.difference_in_differences.event_study import EventStudy, event_study
from impact_pipeline_tests.estimators.causal.followed_units import panel
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import rows_of


def _study(**given: int | None) -> EventStudy:
    found = event_study(rows_of(panel()), "CR1", **given)  # type: ignore[arg-type]
    assert isinstance(found, EventStudy)
    return found


def test_band_of_the_curve_is_the_simultaneous_one() -> None:
    study = _study()
    curve = event_curve(study, 0.05, np.random.default_rng(0))
    factor = study.band(0.05, np.random.default_rng(0))
    shown = {point.position: point for point in curve.points}
    upper = shown[0.0].upper
    assert upper is not None
    place = study.times.index(0)
    assert upper - shown[0.0].value == pytest.approx(factor * study.std_errors[place])


def test_paths_part_by_the_effect_of_their_event_time() -> None:
    study = _study(lags=1)
    paths = parallel_paths(study, 0.05)
    effects = dict(zip(study.times, study.values, strict=True)) | {-1: 0.0}
    gaps = [now - then for now, then in zip(paths.actual, paths.counterfactual, strict=True)]
    assert gaps == pytest.approx([effects[min(period - 5, 1)] for period in range(8)])
