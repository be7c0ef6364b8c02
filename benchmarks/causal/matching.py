"""Matching on a score: one neighbour with ties on a million units, beside scikit-learn's logit and neighbour search.

Run it with `python -m benchmarks.causal.matching --rows 1000000`. No library of Python gives matched effects with
Abadie-Imbens errors at this size, so the other side is their arithmetic around scikit-learn's `LogisticRegression` and
`NearestNeighbors` (a KD-tree), the parts from which others are made. Both sides fit the score, match the treated with
replacement, find two neighbours within each arm for the errors, and return effect and standard error.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effect, Question
from impact_pipeline.estimators.causal.matching import Matching
from impact_pipeline.stats.samples.cross_section import CrossSection, Floats, Places

COVARIATES = 8
Answer = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each run, and what both found."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    our_answer: Answer
    their_answer: Answer

    @property
    def ratio(self) -> float:
        """Their median over ours: above 1 we are ahead."""
        return median(self.theirs) / median(self.ours)


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


def measure(rows: int, repeats: int) -> Measured:
    """Both sides in turn on the same units, in this process."""
    section = sample(rows)
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    answers: dict[str, Answer] = {}
    for _ in range(repeats):
        for name, side in (("ours", ours), ("theirs", theirs)):
            seconds, answers[name] = _timed(side, section)
            times[name].append(seconds)
    return Measured(tuple(times["ours"]), tuple(times["theirs"]), answers["ours"], answers["theirs"])


def _timed(side: Callable[[CrossSection], Answer], section: CrossSection) -> tuple[float, Answer]:
    start = perf_counter()
    answer = side(section)
    return perf_counter() - start, answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    found = measure(asked.rows, asked.repeats)
    print(f"{asked.rows:,} units, {COVARIATES} covariates, {asked.repeats} runs each, medians")
    for name, seconds, (value, error) in (
        ("impact_pipeline", found.ours, found.our_answer),
        ("scikit-learn", found.theirs, found.their_answer),
    ):
        print(f"{name:16} {median(seconds):8.2f} s   effect {value:.5f} ({error:.5f})")
    print(f"ratio {found.ratio:.1f}")


if __name__ == "__main__":
    main()
