"""A causal question about one outcome of one sample, and the effects that answer it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from impact_pipeline.causal.exhibits import Exhibit
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline.stats.samples.series import Series

S = TypeVar("S", Panel, CrossSection, Series, LoggedDecisions)
D = TypeVar("D")


@dataclass(frozen=True, eq=False)
class Question(Generic[S, D]):
    """A sample, the design's settings (a document of `catalog.causal`), two-sided `alpha`, and the seed of all draws.

    `probes` are the sample with another outcome that the change cannot have moved (negative controls), by name. Who
    asks again and reads the main effect alone says `main_only`: estimators may leave out what stands beside it.
    """

    sample: S
    design: D
    alpha: float = 0.05
    seed: int = 0
    probes: Mapping[str, S] = field(default_factory=dict)
    main_only: bool = False

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator of its own for each purpose, so that no draw depends on what else was drawn.

        >>> question = Question(Series(("1",), np.zeros(1), 1), None)
        >>> question.rng("placebo").integers(100) == question.rng("placebo").integers(100)
        np.True_
        """
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])


@dataclass(frozen=True, slots=True)
class Effect:
    """A number with its uncertainty; interval and p-value come from one method, which `method` names.

    `std_error` is None where the method has none (permutation, test inversion). Interval bounds may be infinite only
    in `Effects.others`; the main effect is refused instead. `treated` and `untreated` are the mean outcome of the
    treated as it was and as it would have been without: their difference is `value`; None where no such means exist.
    """

    value: float
    std_error: float | None
    lower: float
    upper: float
    p_value: float | None
    method: str
    estimand: str
    degrees_of_freedom: float | None = None
    treated: float | None = None
    untreated: float | None = None


@dataclass(frozen=True, eq=False)
class Effects:
    """What an estimator found, or why it refuses.

    `others` are named effects beside the main one (event times, aggregations, a second estimator as a cross-check), in
    the order in which they are shown; a refusal among them is told. `counts` are units of what the number rests on
    ("treated", "untreated", or of each side). `numbers` are what a reader of the method wants to see (a bandwidth, an
    F statistic). `fit` is the method's own result, for its checks.
    """

    main: Effect | Refusal
    others: Mapping[str, Effect | Refusal] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    exhibits: tuple[Exhibit, ...] = ()
    notes: tuple[str, ...] = ()
    fit: object = None
