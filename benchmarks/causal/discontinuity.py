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
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effect, Question
from impact_pipeline.diagnostics.causal.score_density import ScoreDensity
from impact_pipeline.estimators.causal.regression_discontinuity import RegressionDiscontinuity
from impact_pipeline.stats.samples.cross_section import CrossSection

Answer = tuple[float, ...]
DESIGN = Design(type="regression_discontinuity")


@dataclass(frozen=True, slots=True)
class Measured:
    """One job: seconds of each run, and what both found."""

    job: str
    peer: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    our_answer: Answer
    their_answer: Answer

    @property
    def ratio(self) -> float:
        """Their median over ours: above 1 we are ahead."""
        return median(self.theirs) / median(self.ours)


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
    """Both sides in turn on the same units, in this process; the first run of each is a warm-up."""
    section = sample(rows)
    jobs = (("effect", "rdrobust", our_effect, their_effect), ("density", "rddensity", our_density, their_density))
    return tuple(_measured(job, peer, ours, theirs, section, repeats) for job, peer, ours, theirs in jobs)


Side = Callable[[CrossSection], Answer]


def _measured(job: str, peer: str, ours: Side, theirs: Side, section: CrossSection, repeats: int) -> Measured:
    small = section.keep(np.arange(len(section)) < 10_000)
    _timed(ours, small), _timed(theirs, small)
    times: tuple[list[float], list[float]] = ([], [])
    answers: list[Answer] = [(), ()]
    for _ in range(repeats):
        with threadpool_limits(limits=1):
            seconds, answers[0] = _timed(ours, section)
        times[0].append(seconds)
        seconds, answers[1] = _timed(theirs, section)
        times[1].append(seconds)
    return Measured(job, peer, tuple(times[0]), tuple(times[1]), answers[0], answers[1])


def _timed(side: Side, section: CrossSection) -> tuple[float, Answer]:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = perf_counter()
        answer = side(section)
        return perf_counter() - start, answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    print(f"{asked.rows:,} units, {asked.repeats} runs each, medians")
    for one in measure(asked.rows, asked.repeats):
        for name, seconds, answer in (
            ("impact_pipeline", one.ours, one.our_answer),
            (one.peer, one.theirs, one.their_answer),
        ):
            print(f"{one.job:8} {name:16} {median(seconds):7.2f} s   " + "  ".join(f"{part:.5f}" for part in answer))
        print(f"{one.job:8} ratio {one.ratio:.1f}")


if __name__ == "__main__":
    main()
