"""A discontinuity and the density test of its score on a million units, beside rdrobust and rddensity in one run.

Run it with `python -m benchmarks.causal.discontinuity --rows 1000000`. Both sides start from the same unsorted arrays,
choose bandwidths by `mserd` with nearest-neighbour errors, and answer with the robust interval; ours also makes the
picture, in one thread.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.causal.side_by_side import Answer, Measured, side_by_side
from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effect, Question
from impact_pipeline.diagnostics.causal.score_density import ScoreDensity
from impact_pipeline.estimators.causal.regression_discontinuity import RegressionDiscontinuity
from impact_pipeline.stats.samples.cross_section import CrossSection

DESIGN = Design(type="regression_discontinuity")


def sample(rows: int, seed: int = 0) -> CrossSection:
    """A bent outcome with a jump of a half at 0."""
    rng = np.random.default_rng(seed)
    score = rng.normal(0.2, 1, rows)
    treated = (score >= 0).astype(np.float64)
    return CrossSection(np.sin(score) + 0.5 * treated + rng.normal(size=rows), treated, score=score)


def our_effect(section: CrossSection) -> Answer:
    main = RegressionDiscontinuity().effects(Question(section, DESIGN)).main
    assert isinstance(main, Effect)
    return main.value, main.lower, main.upper


def their_effect(section: CrossSection) -> Answer:
    from rdrobust import rdrobust

    found = rdrobust(section.outcome, section.score)
    return float(found.coef.iloc[0, 0]), float(found.ci.iloc[2, 0]), float(found.ci.iloc[2, 1])


def our_density(section: CrossSection) -> Answer:
    found = ScoreDensity().check(Question(section, DESIGN), None).finding
    return float(found.details["statistic"]), float(found.details["bandwidth_left"])


def their_density(section: CrossSection) -> Answer:
    from rddensity import rddensity

    found = rddensity(section.score)
    return float(found.test["t_jk"]), float(found.h.iloc[0])


def measure(rows: int, repeats: int) -> tuple[Measured, ...]:
    """Both sides in turn on the same units, in this process; ours in one thread, as it is run."""
    section = sample(rows)
    jobs = (("effect", "rdrobust", our_effect, their_effect), ("density", "rddensity", our_density, their_density))
    return tuple(
        side_by_side(job, peer, partial(_in_one_thread, ours, section), partial(_quietly, theirs, section), repeats)
        for job, peer, ours, theirs in jobs
    )


def _in_one_thread(side: Callable[[CrossSection], Answer], section: CrossSection) -> Answer:
    with threadpool_limits(limits=1):
        return side(section)


def _quietly(side: Callable[[CrossSection], Answer], section: CrossSection) -> Answer:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return side(section)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    print(f"{asked.rows:,} units, {asked.repeats} runs each, medians")
    for found in measure(asked.rows, asked.repeats):
        print("\n".join(found.lines()))


if __name__ == "__main__":
    main()
