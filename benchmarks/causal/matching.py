"""Matching on a score: one neighbour with ties on a million units, beside scikit-learn's logit and neighbour search.

Run it with `python -m benchmarks.causal.matching --rows 1000000`. No library of Python gives matched effects with
Abadie-Imbens errors at this size, so the other side is their arithmetic around scikit-learn's `LogisticRegression` and
`NearestNeighbors` (a KD-tree), the parts from which others are made. Both sides fit the score, match the treated with
replacement, find two neighbours within each arm for the errors, and return effect and standard error.
"""

from __future__ import annotations

import argparse
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.causal.side_by_side import Answer, Measured, side_by_side
from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effect, Question
from impact_pipeline.estimators.causal.matching import Matching
from impact_pipeline.stats.samples.cross_section import CrossSection, Floats, Places

COVARIATES = 8


def sample(rows: int, seed: int = 0) -> CrossSection:
    """A third of the units chose treatment by their covariates."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(COVARIATES, rows))
    treated = (rng.random(rows) < 1 / (1 + np.exp(0.8 - 0.5 * x[0] - 0.3 * x[1]))).astype(np.float64)
    outcome = x[0] + x[1] + treated + rng.normal(size=rows)
    return CrossSection(outcome, treated, {f"x{place}": values for place, values in enumerate(x)})


def ours(section: CrossSection) -> Answer:
    """All that the estimator gives: other effects and pictures beside the match; in one thread, as it is run."""
    matching = {"score_is_estimated": False}
    design = Observational.model_validate(
        {"type": "observational", "estimator": "matching", "estimand": "ATT", "matching": matching}
    )
    with threadpool_limits(limits=1):
        main = Matching().effects(Question(section, design)).main
    assert isinstance(main, Effect)
    assert main.std_error is not None
    return main.value, main.std_error


def theirs(section: CrossSection) -> Answer:
    """scikit-learn's logit and neighbours, with the formulas of Abadie and Imbens (2006) in numpy."""
    from sklearn.linear_model import LogisticRegression

    x, y, treated = section.design(), section.outcome, section.treatment == 1
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8).fit(x, section.treatment)
    score = model.predict_proba(x)[:, 1:]
    near = _nearest(score[~treated], score[treated], 1)[:, 0]
    gaps = y[treated] - y[~treated][near]
    uses = np.bincount(near, minlength=int((~treated).sum()))
    own = _nearest(score[~treated], score[~treated], 2)
    spread = y[~treated][own].var(axis=1, ddof=1)
    variance = np.sum((gaps - gaps.mean()) ** 2) + np.sum((uses**2 - uses) * spread)
    return float(gaps.mean()), float(np.sqrt(variance) / len(gaps))


def _nearest(donors: Floats, asked: Floats, neighbours: int) -> Places:
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=neighbours, algorithm="kd_tree").fit(donors)
    return np.asarray(search.kneighbors(asked, return_distance=False))


def measure(rows: int, repeats: int) -> tuple[Measured, ...]:
    """Both sides in turn on the same units, in this process."""
    section = sample(rows)
    return (side_by_side("matching", "scikit-learn", partial(ours, section), partial(theirs, section), repeats),)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    print(f"{asked.rows:,} units, {COVARIATES} covariates, {asked.repeats} runs each, medians")
    for found in measure(asked.rows, asked.repeats):
        print("\n".join(found.lines()))


if __name__ == "__main__":
    main()
