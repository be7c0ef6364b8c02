"""Off-policy values: a million decisions among twenty actions, beside the same formulas in pandas.

Run it with `python -m benchmarks.causal.off_policy --rows 1000000`. *value* is IPS, SNIPS and the mean of the log with
their standard errors, the effective sample size and the largest weight on both sides. *answer* adds to ours, and not to
theirs, all values with a ridge model of rewards, cross-fitted over five folds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from impact_pipeline.catalog.causal.off_policy_evaluation import OffPolicyEvaluation
from impact_pipeline.causal.base import Effect, Question
from impact_pipeline.estimators.causal.off_policy import OffPolicy
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions

ACTIONS = 20
Answer = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each run, and value and error of SNIPS that each found."""

    seconds: dict[str, tuple[float, ...]]
    answers: dict[str, Answer]

    @property
    def ratio(self) -> float:
        """Their median over ours for the same numbers: above 1 we are ahead."""
        return median(self.seconds["pandas"]) / median(self.seconds["value"])


def sample(rows: int, seed: int = 0) -> LoggedDecisions:
    """A log that likes some actions more, and a target that likes others."""
    rng = np.random.default_rng(seed)
    liked, wanted = rng.dirichlet(np.full(ACTIONS, 3.0)), rng.dirichlet(np.full(ACTIONS, 3.0))
    context = rng.normal(size=rows)
    action = rng.choice(ACTIONS, size=rows, p=liked)
    earned = 1 / (1 + np.exp(2 - 0.1 * action - 0.3 * context))
    reward = (rng.random(rows) < earned).astype(np.float64)
    policy = np.broadcast_to(wanted, (rows, ACTIONS))
    names = tuple(map(str, range(ACTIONS)))
    return LoggedDecisions(names, action, reward, liked[action], wanted[action], policy, {"x": context})


def value(log: LoggedDecisions) -> Answer:
    """All that the estimator gives without a reward model, pictures too."""
    return answer(replace(log, target_policy=None))


def answer(log: LoggedDecisions) -> Answer:
    design = OffPolicyEvaluation(type="off_policy_evaluation")
    with threadpool_limits(limits=1):
        found = OffPolicy().effects(Question(log, design)).others["value snips"]
    assert isinstance(found, Effect)
    assert found.std_error is not None
    return found.value, found.std_error


def in_pandas(log: LoggedDecisions) -> Answer:
    import pandas as pd

    rows = pd.DataFrame({"reward": log.reward, "weight": log.target / log.propensity})
    rows["weighted"] = rows["weight"] * rows["reward"]
    snips = rows["weighted"].sum() / rows["weight"].sum()
    rows["influence"] = rows["weight"] * (rows["reward"] - snips) / rows["weight"].mean()
    error = float(rows["influence"].std() / len(rows) ** 0.5)
    others = (rows[["weighted", "reward"]].mean(), rows[["weighted", "reward"]].sem(), rows["weight"].max())
    effective = rows["weight"].sum() ** 2 / (rows["weight"] ** 2).sum()
    assert len(others) == 3
    assert effective > 0
    return float(snips), error


def measure(rows: int, repeats: int) -> Measured:
    """All sides in turn on the same log, in this process."""
    log = sample(rows)
    sides: dict[str, Callable[[LoggedDecisions], Answer]] = {"value": value, "pandas": in_pandas, "answer": answer}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    answers: dict[str, Answer] = {}
    for _ in range(repeats):
        for name, side in sides.items():
            start = perf_counter()
            answers[name] = side(log)
            seconds[name].append(perf_counter() - start)
    return Measured({name: tuple(own) for name, own in seconds.items()}, answers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    found = measure(asked.rows, asked.repeats)
    print(f"{asked.rows:,} decisions, {ACTIONS} actions, {asked.repeats} runs each, medians")
    for name, seconds in found.seconds.items():
        snips, error = found.answers[name]
        print(f"{name:8} {1000 * median(seconds):7.0f} ms   SNIPS {snips:.6f} ({error:.6f})")
    print(f"ratio of pandas to value {found.ratio:.1f}")


if __name__ == "__main__":
    main()
