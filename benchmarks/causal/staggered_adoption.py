"""Staggered adoption: a million rows (100,000 units, 10 periods), beside diff-diff and csdid.

Run it with `python -m benchmarks.causal.staggered_adoption --rows 1000000`. Jobs: *effects*, all group-time effects
and the four aggregations with standard errors; *covariates*, the same doubly robust with two covariates; *answer*, all
that ours gives for a design (event times, cohorts, bands of 2,000 draws, imputation, two-way fixed effects and its
decomposition), beside what diff-diff has of it. From columns to numbers on every side, in one thread and in turn.
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
import pandas as pd
from threadpoolctl import threadpool_limits

from impact_pipeline.catalog.causal.staggered_adoption import StaggeredAdoption as Design
from impact_pipeline.causal.base import Effect, Question
from impact_pipeline.estimators.causal.group_time_effects import GroupTimeEffects
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline.stats.staggered_adoption.staggered_fit import fit_staggered

PERIODS = 10
COVARIATES = ("size", "age")
Answer = tuple[float, float]
Side = Callable[[pd.DataFrame], Answer]


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each run of one side, and what it found: the simple average and its standard error."""

    job: str
    side: str
    seconds: tuple[float, ...]
    answer: Answer


def sample(rows: int, seed: int = 0) -> pd.DataFrame:
    """Three cohorts and units that never adopt; effects grow."""
    rng = np.random.default_rng(seed)
    units = rows // PERIODS
    first = rng.choice([4, 6, 8, 0], units, p=[0.2, 0.2, 0.2, 0.4])
    period = np.tile(np.arange(1, PERIODS + 1), units)
    g = np.repeat(first, PERIODS)
    treated = (g > 0) & (period >= g)
    size, age = rng.normal(size=(2, units))
    outcome = rng.normal(size=rows) + np.repeat(size + rng.normal(size=units), PERIODS)
    outcome += np.where(treated, 0.1 * (1 + period - g), 0.0)
    columns = {"unit": np.repeat(np.arange(units), PERIODS), "period": period, "g": g, "y": outcome}
    covariates = {"size": np.repeat(size, PERIODS), "age": np.repeat(age, PERIODS)}
    return pd.DataFrame({**columns, **covariates, "treated": treated.astype(float)})


def panel(frame: pd.DataFrame, covariates: tuple[str, ...] = ()) -> Panel:
    unit, period, outcome, treated = (frame[name].to_numpy() for name in ("unit", "period", "y", "treated"))
    return panel_of(unit, period, outcome, treated, covariates={name: frame[name].to_numpy() for name in covariates})


def our_effects(frame: pd.DataFrame, covariates: tuple[str, ...] = ()) -> Answer:
    fit = fit_staggered(panel(frame, covariates), asked="simple")
    assert not isinstance(fit, Refusal)
    found = [(one.overall.value, fit.found.std_error(one.overall.gradient)) for one in fit.aggregations.values()]
    return found[0]


def our_covariates(frame: pd.DataFrame) -> Answer:
    return our_effects(frame, COVARIATES)


def our_answer(frame: pd.DataFrame) -> Answer:
    design = Design(type="staggered_adoption", aggregation="simple")
    main = GroupTimeEffects().effects(Question(panel(frame), design)).main
    assert isinstance(main, Effect)
    assert main.std_error is not None
    return main.value, main.std_error


def of_diff_diff(frame: pd.DataFrame, covariates: tuple[str, ...] = ()) -> Answer:
    from diff_diff import CallawaySantAnna

    found = CallawaySantAnna().fit(
        frame, outcome="y", unit="unit", time="period", first_treat="g", covariates=list(covariates) or None,
        aggregate="all",
    )  # fmt: skip
    return float(found.overall_att), float(found.overall_se)


def diff_diff_covariates(frame: pd.DataFrame) -> Answer:
    return of_diff_diff(frame, COVARIATES)


def diff_diff_answer(frame: pd.DataFrame) -> Answer:
    from diff_diff import BaconDecomposition, ImputationDiD

    ImputationDiD().fit(frame, outcome="y", unit="unit", time="period", first_treat="g")
    BaconDecomposition().fit(frame, outcome="y", unit="unit", time="period", first_treat="g")
    return of_diff_diff(frame)


def of_csdid(frame: pd.DataFrame, formula: str = "y ~ 1") -> Answer:
    from csdid.att_gt import ATTgt

    with contextlib.redirect_stdout(io.StringIO()):
        found = ATTgt(
            yname="y", tname="period", idname="unit", gname="g", data=frame, xformla=formula,
            control_group="nevertreated",
        ).fit(est_method="dr", bstrap=False)  # fmt: skip
        told = [found.aggte(typec=name, bstrap=False, cband=False).atte
                for name in ("dynamic", "group", "calendar", "simple")]  # fmt: skip
    return float(told[-1]["overall_att"]), float(told[-1]["overall_se"])


def csdid_covariates(frame: pd.DataFrame) -> Answer:
    return of_csdid(frame, "y ~ size + age")


JOBS: dict[str, dict[str, Side]] = {
    "effects": {"ours": our_effects, "diff-diff": of_diff_diff, "csdid": of_csdid},
    "covariates": {"ours": our_covariates, "diff-diff": diff_diff_covariates, "csdid": csdid_covariates},
    "answer": {"ours": our_answer, "diff-diff": diff_diff_answer},
}


def measure(rows: int, repeats: int) -> tuple[Measured, ...]:
    """Every side in turn on the same rows, in this process, after one run on few rows that loads libraries."""
    frame, few = sample(rows), sample(2000)
    found = []
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for job, sides in JOBS.items():
            for side in sides.values():
                side(few)
            runs = [{name: _timed(side, frame) for name, side in sides.items()} for _ in range(repeats)]
            for name in sides:
                found.append(Measured(job, name, tuple(run[name][0] for run in runs), runs[-1][name][1]))
    return tuple(found)


def _timed(side: Side, frame: pd.DataFrame) -> tuple[float, Answer]:
    start = perf_counter()
    answer = side(frame)
    return perf_counter() - start, answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    found = measure(given.rows, given.repeats)
    ours = {one.job: median(one.seconds) for one in found if one.side == "ours"}
    print(f"{given.rows:,} rows; medians of {given.repeats}")
    for one in found:
        seconds = median(one.seconds)
        value, error = one.answer
        print(
            f"{one.job:11} {one.side:10} {seconds:8.3f} s   {seconds / ours[one.job]:7.1f} x ours"
            f"   {value:.9f} ({error:.9f})"
        )


if __name__ == "__main__":
    main()
