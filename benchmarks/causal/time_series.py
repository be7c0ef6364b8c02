"""Structural series: three years of days with a control, beside bsts-causalimpact (R's CausalImpact in Rust).

Run it with `python -m benchmarks.causal.time_series --days 1096`. The last ninety days are under the change. Both sides
draw a thousand paths, with and without a week's season, and return effect and interval; ours adds maximum likelihood,
variances and pictures. Its draws are independent, theirs a chain after 500 steps of burn-in.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.causal.side_by_side import Answer, Measured, side_by_side
from impact_pipeline.catalog.causal.structural_time_series import StructuralTimeSeries as Design
from impact_pipeline.causal.base import Effect, Question
from impact_pipeline.estimators.causal.structural_time_series import StructuralTimeSeries
from impact_pipeline.stats.samples.series import Series

DRAWS, UNDER_THE_CHANGE, EFFECT, WEEK = 1000, 90, 3.0, 7


def sample(days: int, seed: int = 0) -> Series:
    """A level that wanders, a control, a week's season, and a lift at the end."""
    rng, day = np.random.default_rng(seed), np.arange(days)
    control = 50 + np.cumsum(0.3 * rng.normal(size=days))
    level = 100 + np.cumsum(0.1 * rng.normal(size=days))
    outcome = level + 1.2 * control + 5 * np.sin(2 * np.pi * day / WEEK) + 2 * rng.normal(size=days)
    outcome[-UNDER_THE_CHANGE:] += EFFECT
    dates = tuple(date(2022, 1, 1) + timedelta(days=int(place)) for place in day)
    return Series(tuple(own.isoformat() for own in dates), outcome, days - UNDER_THE_CHANGE, {"x": control}, dates)


def ours(series: Series, season: bool) -> Answer:
    """The estimator as it is run, in one thread."""
    design = Design(type="structural_time_series", draws=DRAWS, season=WEEK if season else "none")
    with threadpool_limits(limits=1):
        main = StructuralTimeSeries().effects(Question(series, design)).main
    assert isinstance(main, Effect)
    return main.value, main.lower, main.upper


def theirs(series: Series, season: bool) -> Answer:
    import pandas as pd
    from causal_impact import CausalImpact

    frame = pd.DataFrame({"y": series.outcome, **series.controls}, index=pd.DatetimeIndex(series.periods))
    before, after = (
        (series.periods[0], series.periods[series.starts - 1]),
        (series.periods[series.starts], series.periods[-1]),
    )
    settings = {"niter": DRAWS} | ({"nseasons": WEEK} if season else {})
    found = CausalImpact(frame, list(before), list(after), model_args=settings).summary_stats
    return found["point_effect_mean"], found["ci_lower"], found["ci_upper"]


def measure(days: int, repeats: int) -> tuple[Measured, ...]:
    """Both sides in turn on the same days, in this process."""
    series = sample(days)
    return tuple(
        side_by_side(job, "bsts-causalimpact", partial(ours, series, season), partial(theirs, series, season), repeats)
        for job, season in (("with a week's season", True), ("without a season", False))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=1096)
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    print(f"{asked.days:,} days, {DRAWS} draws, planted effect {EFFECT}, {asked.repeats} runs each, medians")
    for found in measure(asked.days, asked.repeats):
        print("\n".join(found.lines()))


if __name__ == "__main__":
    main()
