"""Synthetic controls with a placebo for each of 50 donors, beside pysyncon, synthdid-py and diff-diff in one run.

Run it with `python -m benchmarks.causal.synthetic_control`. Both sides start from the same arrays, in one process and
one thread. With predictors peers take minutes, so all sides fit only the treated unit and a few placebos there.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.block import Block, block_of_arrays
from impact_pipeline.stats.synthetic_control.counterfactual import Method
from impact_pipeline.stats.synthetic_control.outcome_only import outcome_only
from impact_pipeline.stats.synthetic_control.placebo import placebo_groups, placebos, rmspe_p_value
from impact_pipeline.stats.synthetic_control.predictors import with_predictors
from impact_pipeline.stats.synthetic_control.simplex import Floats
from impact_pipeline.stats.synthetic_control.standard_errors import placebo_spread
from impact_pipeline.stats.synthetic_control.synthetic_differences import synthetic_differences

BEFORE, AFTER = 30, 10
Answer = tuple[float, ...]
Side = Callable[[Block, int], Answer]


@dataclass(frozen=True, slots=True)
class Measured:
    """One side's share of one job: how many units it fitted, seconds of each run, and what it found."""

    job: str
    side: str
    fits: int
    seconds: tuple[float, ...]
    answer: Answer


def sample(donors: int, seed: int = 0) -> Block:
    """One treated unit that is a mixture of donors, with an effect of 2, and four predictors."""
    rng = np.random.default_rng(seed)
    factors = np.cumsum(rng.normal(size=(3, BEFORE + AFTER)), axis=1)
    signal = 5 * rng.normal(size=(donors, 1)) + rng.normal(size=(donors, 3)) @ factors
    outcomes = np.vstack([rng.dirichlet(np.ones(5)) @ signal[:5], signal])
    outcomes = outcomes + rng.normal(size=outcomes.shape)
    outcomes[0, BEFORE:] += 2
    block = block_of_arrays(outcomes, 1, BEFORE)
    before = outcomes[:, :BEFORE]
    single = before[:, 14], before[:, 29]
    return replace(
        block, predictors=np.column_stack([before[:, :10].mean(axis=1), before[:, 10:].mean(axis=1), *single])
    )  # fmt: skip


def _ours(method: Method) -> Side:
    def fitted(block: Block, count: int) -> Answer:
        groups = placebo_groups(len(block.donors), 1, count, np.random.default_rng(0))[:count]
        found = method(block)
        return found.effect, found.pre_mspe, rmspe_p_value(found, placebos(block, method, groups))

    return fitted


def _pysyncons(*, with_predictors: bool) -> Side:
    """pysyncon's `Synth` in the place of every unit; outcomes alone are its predictors with equal weights fixed."""

    def fitted(block: Block, count: int) -> Answer:
        gaps = [_pysyncon(block, with_predictors=with_predictors)]
        gaps += [_pysyncon(block.placebo(np.array([place])), with_predictors=with_predictors) for place in range(count)]
        ratios = [np.mean(one[BEFORE:] ** 2) / np.mean(one[:BEFORE] ** 2) for one in gaps]
        own = gaps[0]
        p_value = float(np.mean(np.array(ratios) >= ratios[0]))
        return float(own[BEFORE:].mean()), float(np.mean(own[:BEFORE] ** 2)), p_value

    return fitted


def _pysyncon(block: Block, *, with_predictors: bool) -> Floats:
    from pysyncon import Synth

    before, target = pd.DataFrame(block.donors[:, :BEFORE].T), pd.Series(block.target[:BEFORE], name="treated")
    found = Synth()
    if with_predictors:
        predictors = pd.DataFrame(block.donor_predictors.T), pd.Series(block.target_predictors, name="treated")
        found.fit(X0=predictors[0], X1=predictors[1], Z0=before, Z1=target)
    else:
        spread = np.column_stack([before, target]).std(axis=1, ddof=1)
        found.fit(X0=before, X1=target, Z0=before, Z1=target, custom_V=spread**2)
    return np.asarray(block.target - found.W @ block.donors)


def _frame(block: Block) -> pd.DataFrame:
    units, periods = block.outcomes.shape
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    ever = (unit == 0).astype(int)
    rows = {"unit": unit, "period": period, "y": block.outcomes.ravel(), "ever": ever, "on": ever * (period >= BEFORE)}
    return pd.DataFrame(rows)


AFTER_PERIODS = list(range(BEFORE, BEFORE + AFTER))
MEANS = [("y", list(periods), "mean") for periods in (range(10), range(10, BEFORE), [14], [29])]


def diff_diff_outcomes(block: Block, count: int) -> Answer:
    from diff_diff import SyntheticControl

    asked = SyntheticControl(v_method="custom", custom_v=np.ones(BEFORE), standardize="none")
    found = asked.fit(
        _frame(block), "y", "on", "unit", "period", post_periods=AFTER_PERIODS, pre_period_outcomes="all"
    )  # fmt: skip
    found.in_space_placebo()
    return float(found.att), float(found.pre_rmspe**2), float(found.placebo_p_value)


def diff_diff_predictors(block: Block, count: int) -> Answer:
    from diff_diff import SyntheticControl

    places = [np.array([place]) for place in range(count)]
    found, *_ = [
        SyntheticControl(seed=0).fit(
            _frame(one), "y", "on", "unit", "period", post_periods=AFTER_PERIODS, special_predictors=MEANS
        )
        for one in (block, *(block.placebo(place) for place in places))
    ]
    return float(found.att), float(found.pre_rmspe**2)


def diff_diff_differences(block: Block, count: int) -> Answer:
    from diff_diff import SyntheticDiD

    found = SyntheticDiD(n_bootstrap=count, seed=0).fit(
        _frame(block), "y", "ever", "unit", "period", post_periods=AFTER_PERIODS
    )  # fmt: skip
    return float(found.att), float(found.se)


def our_differences(block: Block, count: int) -> Answer:
    found = synthetic_differences(block)
    groups = placebo_groups(len(block.donors), 1, count, np.random.default_rng(0))[:count]
    spread = placebo_spread(placebos(block, synthetic_differences, groups))
    assert not isinstance(spread, Refusal)
    return found.effect, spread.effect


def their_differences(block: Block, count: int) -> Answer:
    from synthdid import synthdid_estimate

    found = synthdid_estimate(np.vstack([block.donors, block.target]), len(block.donors), block.starts)
    return float(found), float(found.se(method="placebo", replications=count, random_state=0))


JOBS: dict[str, dict[str, Side]] = {
    "outcomes": {
        "impact_pipeline": _ours(outcome_only),
        "pysyncon": _pysyncons(with_predictors=False),
        "diff-diff": diff_diff_outcomes,
    },
    "predictors": {
        "impact_pipeline": _ours(with_predictors),
        "pysyncon": _pysyncons(with_predictors=True),
        "diff-diff": diff_diff_predictors,
    },
    "differences": {
        "impact_pipeline": our_differences,
        "synthdid-py": their_differences,
        "diff-diff": diff_diff_differences,
    },
}


def measure(donors: int, repeats: int, predictor_placebos: int = 2) -> tuple[Measured, ...]:
    """All sides in turn on the same block, in this process, each after a warm-up on few donors."""
    block, few = sample(donors), sample(6)
    found = []
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for job, sides in JOBS.items():
            count = predictor_placebos if job == "predictors" else donors
            for name, side in sides.items():
                side(few, min(count, 5))
                runs = [_timed(side, block, count) for _ in range(repeats)]
                found.append(Measured(job, name, count + 1, tuple(seconds for seconds, _ in runs), runs[0][1]))
    return tuple(found)


def _timed(side: Side, block: Block, count: int) -> tuple[float, Answer]:
    start = perf_counter()
    answer = side(block, count)
    return perf_counter() - start, answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--donors", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--predictor-placebos", type=int, default=2)
    asked = parser.parse_args()
    print(f"{asked.donors} donors, {BEFORE} periods before and {AFTER} after, {asked.repeats} runs each, medians")
    ours: dict[str, float] = {}
    for one in measure(asked.donors, asked.repeats, asked.predictor_placebos):
        seconds = median(one.seconds)
        ratio = seconds / ours.setdefault(one.job, seconds)
        told = "  ".join(f"{part:.5f}" for part in one.answer)
        print(f"{one.job:12} {one.fits:3} fits  {one.side:16} {seconds:8.3f} s  x {ratio:7.1f}   {told}", flush=True)


if __name__ == "__main__":
    main()
