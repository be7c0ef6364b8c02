"""Instrumental variables: a million rows, ten covariates, two instruments, beside linearmodels.

Run it with `python -m benchmarks.causal.instruments --rows 1000000`. *fit* is 2SLS with robust errors on both sides.
*answer* is all that ours gives for a design (2SLS, LIML, least squares, strength, Hansen's J, Wu-Hausman, the
Anderson-Rubin set, both stages), beside what linearmodels has of it: 2SLS and LIML, least squares, first-stage
diagnostics, Wooldridge's tests. Both in one thread and in turn.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.causal.side_by_side import Answer, Measured, side_by_side
from impact_pipeline.catalog.causal.instrumental_variables import InstrumentalVariables as Design
from impact_pipeline.causal.base import Effect, Question
from impact_pipeline.estimators.causal.instrumental_variables import InstrumentalVariables
from impact_pipeline.stats.instruments.fitted import of_sample
from impact_pipeline.stats.instruments.k_class import KClass, two_stage_least_squares
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

COVARIATES, INSTRUMENTS = 10, 2
Side = Callable[[CrossSection], Answer]


def sample(rows: int, seed: int = 0) -> CrossSection:
    """A treatment that a hidden cause drives, too."""
    rng = np.random.default_rng(seed)
    x, z, hidden = rng.normal(size=(COVARIATES, rows)), rng.normal(size=(INSTRUMENTS, rows)), rng.normal(size=rows)
    treatment = 0.2 * z.sum(axis=0) + 0.1 * x.sum(axis=0) + hidden
    outcome = 0.5 * treatment + x[0] - hidden + rng.normal(size=rows)
    instruments = {f"z{place}": values for place, values in enumerate(z)}
    return CrossSection(outcome, treatment, {f"x{j}": own for j, own in enumerate(x)}, instruments=instruments)


def our_fit(section: CrossSection) -> Answer:
    rows = of_sample(section, "HC1")
    assert not isinstance(rows, Refusal)
    found = two_stage_least_squares(rows)
    assert isinstance(found, KClass)
    return found.value, found.std_error


def our_answer(section: CrossSection) -> Answer:
    main = InstrumentalVariables().effects(Question(section, Design(type="instrumental_variables"))).main
    assert isinstance(main, Effect)
    assert main.std_error is not None
    return main.value, main.std_error


def their_fit(section: CrossSection) -> Answer:
    from linearmodels.iv import IV2SLS

    found = IV2SLS(*_columns(section)).fit(cov_type="robust", debiased=True)
    return float(found.params.iloc[-1]), float(found.std_errors.iloc[-1])


def their_answer(section: CrossSection) -> Answer:
    from linearmodels.iv import IV2SLS, IVLIML

    outcome, exogenous, treatment, instruments = _columns(section)
    found: Any = IV2SLS(outcome, exogenous, treatment, instruments).fit(cov_type="robust", debiased=True)
    IVLIML(outcome, exogenous, treatment, instruments).fit(cov_type="robust", debiased=True)
    IV2SLS(outcome, np.column_stack([exogenous, treatment]), None, None).fit(cov_type="robust", debiased=True)
    told = (found.first_stage.diagnostics, found.wooldridge_overid, found.wooldridge_regression)
    assert len(told) == 3
    return float(found.params.iloc[-1]), float(found.std_errors.iloc[-1])


def _columns(section: CrossSection) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    exogenous = np.column_stack([np.ones(len(section)), section.design()])
    return section.outcome, exogenous, section.treatment, np.column_stack(list(section.instruments.values()))


JOBS: dict[str, tuple[Side, Side]] = {"fit": (our_fit, their_fit), "answer": (our_answer, their_answer)}


def measure(rows: int, repeats: int) -> tuple[Measured, ...]:
    """Both sides in turn on the same rows, in this process."""
    section = sample(rows)
    with threadpool_limits(limits=1):
        return tuple(
            side_by_side(job, "linearmodels", partial(ours, section), partial(theirs, section), repeats)
            for job, (ours, theirs) in JOBS.items()
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    shape = f"{COVARIATES} covariates, {INSTRUMENTS} instruments"
    print(f"{asked.rows:,} rows, {shape}, {asked.repeats} runs each, one thread, medians")
    for found in measure(asked.rows, asked.repeats):
        print("\n".join(found.lines()))


if __name__ == "__main__":
    main()
