from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from causal_impact import CausalImpact

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.time_series.posterior_summary import summary
from impact_pipeline.stats.time_series.season import season_dummies
from impact_pipeline.stats.time_series.structural_series import StructuralFit, StructuralModel, structural_series
from impact_pipeline_tests.stats.time_series.dense_series import nile

DRAWS = 1000


def fitted(outcome: Array, starts: int, model: StructuralModel | None = None, **options: object) -> StructuralFit:
    places = options.pop("places", np.arange(len(outcome)))
    rng = np.random.default_rng(0)
    found = structural_series(places, outcome, starts, model or StructuralModel(), DRAWS, rng, **options)  # type: ignore[arg-type]
    assert isinstance(found, StructuralFit), found
    return found


def wandering(seed: int, step: float, periods: int = 100) -> tuple[Array, Array]:
    """Outcome and control: a level that wanders, and what the control adds."""
    rng = np.random.default_rng(seed)
    control = 10 + 0.5 * np.cumsum(rng.normal(size=periods))
    return 50 + step * np.cumsum(rng.normal(size=periods)) + control + rng.normal(size=periods), control


def vignette() -> tuple[Array, Array]:
    """The made-up series of CausalImpact's vignette, by its formula: y = 1.2 x + noise, + 10 from period 71 on."""
    rng = np.random.default_rng(1)
    x = np.empty(100)
    x[0] = 0.0
    for t in range(1, 100):
        x[t] = 0.999 * x[t - 1] + rng.normal()
    y = 1.2 * (100 + x) + rng.normal(size=100)
    y[70:] += 10
    return y, 100 + x


def test_effect_and_spread_are_those_of_causal_impact_given_its_prior_of_the_level() -> None:
    """bsts-causalimpact reproduces R's figures; its controls have spikes and slabs, ours a normal prior."""
    y, x = vignette()
    peer = CausalImpact(pd.DataFrame({"y": y, "x": x}), [0, 69], [70, 99], model_args={"niter": 4000})
    own = fitted(y, 70, StructuralModel(level_spread=0.01), controls={"x": x}).effects().mean(axis=0)
    bounds = [peer.summary_stats[name] for name in ("ci_lower", "ci_upper")]
    assert own.mean() == pytest.approx(peer.summary_stats["point_effect_mean"], abs=0.25)
    assert np.quantile(own, [0.025, 0.975]) == pytest.approx(bounds, abs=0.3)


@pytest.mark.parametrize("level", ["local_level", "local_linear_trend", "fixed"])
def test_a_planted_effect_lies_in_the_interval_with_season_controls_and_gaps(level: str) -> None:
    y, control = wandering(3, 0.0 if level == "fixed" else 0.1, 140)
    y = y + np.resize([0.0, 1.0, 2.0, 3.0, 2.0, 1.0, 0.0], 140)
    y[110:] += 5.0
    y[[10, 11, 50, 120]] = np.nan
    kept = np.delete(np.arange(140), [30, 31, 32, 125])
    season = season_dummies(kept, 7)
    model = StructuralModel(level)  # type: ignore[arg-type]
    fit = fitted(y[kept], 107, model, places=kept, season=season, controls={"control": control[kept]})
    found = summary(fit.effects().mean(axis=0), 0.05)
    assert found.lower < 5 < found.upper
    assert fit.effects().shape == (28, DRAWS)


def test_missing_periods_may_be_left_out_or_without_an_outcome() -> None:
    y, _ = wandering(5, 0.3)
    gone = [20, 21, 55]
    with_gaps = np.where(np.isin(np.arange(100), gone), np.nan, y)
    kept = np.delete(np.arange(100), gone)
    one, other = fitted(with_gaps, 80), fitted(y[kept], 77, places=kept)
    assert one.likely.irregular == pytest.approx(other.likely.irregular, rel=1e-9)
    assert one.effects().mean() == pytest.approx(other.effects().mean(), abs=1e-9)


def test_scale_and_origin_of_the_outcome_do_not_matter() -> None:
    y, control = wandering(6, 0.3)
    one = fitted(y, 80, controls={"c": control}).effects()
    other = fitted(1e6 + 1e3 * y, 80, controls={"c": 5 + 100 * control}).effects()
    assert other == pytest.approx(1e3 * one, rel=1e-5, abs=1e-3)


def test_a_step_at_the_dam_is_what_maximum_likelihood_says_and_the_posterior_covers_it() -> None:
    years, flow = nile()
    fit = fitted(flow, 28, StructuralModel(step=True), places=years - years[0])
    assert fit.most_likely_effect()[0] == pytest.approx(-247.2, abs=5)
    found = summary(fit.effects().mean(axis=0), 0.05)
    assert found.lower < -247.8 < found.upper < 0
    unchanged = fit.likely_without_step()
    assert unchanged is not None
    assert unchanged.irregular * fit.scale**2 == pytest.approx(15099, abs=1)
    assert fitted(flow, 28, places=years - years[0]).likely_without_step() is None


@pytest.mark.parametrize("step", [0.1, 0.3, 1.0])
def test_intervals_cover_whether_the_level_moves_little_or_much(step: float) -> None:
    covered = coverage(step, 120)
    assert 0.88 <= covered <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize("step", [0.1, 0.3, 1.0])
def test_intervals_cover_in_many_draws(step: float) -> None:
    assert 0.91 <= coverage(step, 1000) <= 0.99


def coverage(step: float, draws: int) -> float:
    covered = []
    for seed in range(draws):
        y, control = wandering(seed, step, 80)
        found = summary(fitted(y, 60, controls={"c": control}).effects().mean(axis=0), 0.05)
        covered.append(found.lower <= 0 <= found.upper)
    return float(np.mean(covered))


def refused(outcome: Array, starts: int, model: StructuralModel | None = None, **options: object) -> Refusal:
    rng = np.random.default_rng(0)
    places = np.arange(len(outcome))
    found = structural_series(places, outcome, starts, model or StructuralModel(), DRAWS, rng, **options)  # type: ignore[arg-type]
    assert isinstance(found, Refusal)
    return found


def test_series_that_tell_nothing_are_refused() -> None:
    y, _ = wandering(1, 0.3, 20)
    assert refused(np.full(20, 5.0), 15).detail == "the outcome is 5 in all periods before the change"
    assert refused(np.where(np.arange(20) < 15, np.nan, y), 15).reason == "no_pre_period"
    assert (
        refused(np.where(np.arange(20) >= 15, np.nan, y), 15).detail == "no period under the change has an outcome yet"
    )
    short = refused(y[:6], 3)
    assert short.reason == "too_few_periods"
    assert "3 periods with an outcome; this level, season and controls need 4" in short.detail
    line = refused(np.arange(20.0), 15, StructuralModel("local_linear_trend"))
    assert line.reason == "zero_variance"


def test_controls_that_tell_nothing_are_refused_by_name() -> None:
    y, _ = wandering(1, 0.3, 40)
    launched = (np.arange(40) >= 30).astype(np.float64)
    found = refused(y, 30, controls={"launch": launched})
    assert found.reason == "collinear"
    assert "'launch' does not vary before the change" in found.detail
    twice = season_dummies(np.arange(40), 4) | {"season again": season_dummies(np.arange(40), 4)["season 1"]}
    assert "'season again'" in refused(y, 30, season=twice).detail
