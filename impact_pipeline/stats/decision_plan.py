"""A whole decision before the data: every test the verdict rests on, and the truths it is asked about.

Effects count in each metric's better direction: one below 0 is worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.inference import Inference
from impact_pipeline.stats.intervals import FIXED_HORIZON
from impact_pipeline.stats.multiplicity import Procedure

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SuccessTest:
    """A success metric: the effect planned for it, and its standard error at the planned look, in one unit."""

    name: str
    effect: float
    std_error: float
    degrees_of_freedom: float = inf


@dataclass(frozen=True, slots=True)
class GuardrailTest:
    """A guardrail: its margin (above 0), its standard error, its effect under a good change (0: none).

    `harm` is by how much it worsens where it is harmed, the margin if not given. A relative margin is tested with
    another standard error than the difference: `margin_std_error`, that of `treatment - (1 -+ margin) control`.
    """

    name: str
    margin: float
    std_error: float
    effect: float = 0.0
    harm: float | None = None
    margin_std_error: float | None = None
    degrees_of_freedom: float = inf


@dataclass(frozen=True, slots=True)
class DecisionPlan:
    """The rule of `decisions.verdict`: what ships, what is rolled back, at the planned look.

    An arm ships if a success metric is better (corrected over metrics and arms, two-sided alpha), none is worse by
    itself, and every guardrail is non-inferior (one-sided alpha each). Harm is a success metric shown worse after
    correction, or a guardrail worse (Bonferroni, two-sided) and not non-inferior; it rolls back unless an arm ships.

    `correlation` is that of the metrics' estimates, success metrics first; None for independence. `treatments` counts
    treatment arms, whose estimates share the control: two of them correlate by `n_t / (n_t + n_c)`, one half where arms
    are equal. `inference` at `units` gives the critical values: a confidence sequence's in place of Student's. What a
    look before the planned one may decide is not counted.
    """

    success: tuple[SuccessTest, ...]
    guardrails: tuple[GuardrailTest, ...] = ()
    alpha: float = 0.05
    correction: Procedure = "holm"
    correlation: Sequence[Sequence[float]] | None = None
    treatments: int = 1
    arm_correlation: float = 0.5
    inference: Inference = FIXED_HORIZON
    units: float = inf

    def __post_init__(self) -> None:
        if not self.success:
            raise ValueError("without a success metric nothing can ship")
        if min(test.std_error for test in self.tests) <= 0:
            raise ValueError("a standard error is not above 0")
        if self.treatments < 1 or not 0 <= self.arm_correlation <= 1:
            raise ValueError(f"{self.treatments} treatment arms, correlated by {self.arm_correlation:g}")
        if any(test.margin <= 0 for test in self.guardrails):
            raise ValueError("a margin is not above 0")
        if self.correlation is not None:
            _check_correlation(np.asarray(self.correlation), len(self.tests))

    @property
    def tests(self) -> tuple[SuccessTest | GuardrailTest, ...]:
        return (*self.success, *self.guardrails)

    @property
    def steps(self) -> Array:
        """Two-sided critical values of the success metrics (columns) at each step k of the correction (rows).

        The k smallest p-values are rejected where k of them pass step k: under Holm as long as that holds from the
        first step on, under all others at the last step for which it does.
        """
        levels = self.alpha * step_shares(self.correction, len(self.success) * self.treatments)
        return np.array([[self._two_sided(float(level), test) for test in self.success] for level in levels])

    @property
    def block_thresholds(self) -> Array:
        """Critical values at which a success metric is worse by itself."""
        return np.array([self._two_sided(self.alpha, test) for test in self.success])

    @property
    def harm_thresholds(self) -> Array:
        """Two-sided critical values of the guardrails' differences, Bonferroni over guardrails and arms."""
        family = len(self.guardrails) * self.treatments
        return np.array([self._two_sided(self.alpha / family, test) for test in self.guardrails])

    @property
    def margin_thresholds(self) -> Array:
        """One-sided critical values of the guardrails' tests against their margins."""
        found = [
            self.inference.upper_critical_value(self.alpha, t.degrees_of_freedom, self.units) for t in self.guardrails
        ]
        return np.array(found, dtype=np.float64)

    def _two_sided(self, alpha: float, test: SuccessTest | GuardrailTest) -> float:
        return float(self.inference.critical_value(alpha, test.degrees_of_freedom, self.units))


def step_shares(correction: Procedure, family: int) -> Array:
    """The share of alpha that the k-th smallest of `family` p-values must not pass, k = 1, 2, ..

    >>> step_shares("holm", 4).round(2).tolist(), step_shares("benjamini_hochberg", 4).tolist()
    ([0.25, 0.33, 0.5, 1.0], [0.25, 0.5, 0.75, 1.0])
    """
    rank = np.arange(1, family + 1)
    match correction:
        case "none":
            return np.ones(family)
        case "bonferroni":
            return np.full(family, 1 / family)
        case "holm" | "hochberg":
            return 1 / (family + 1 - rank)
        case "benjamini_hochberg":
            return rank / family
        case "benjamini_yekutieli":
            return np.asarray(rank / (family * np.sum(1 / rank)))


@dataclass(frozen=True, slots=True)
class Truth:
    """True effects on the first treatment arm, in each metric's unit; the other arms change nothing."""

    name: str
    success: tuple[float, ...]
    guardrails: tuple[float, ...]


GOOD, NO_EFFECT, SUCCESS_HARMED = "good", "no effect", "success harmed"


def truths(plan: DecisionPlan) -> tuple[Truth, ...]:
    """Good (every planned effect), no effect, success harmed (each planned effect, reversed), each guardrail harmed.

    A harmed guardrail worsens while all else is good: of all harmful changes the one likeliest to ship.

    >>> plan = DecisionPlan((SuccessTest("orders", 1.0, 0.3),), (GuardrailTest("latency", 2.0, 0.5),))
    >>> [truth.name for truth in truths(plan)]
    ['good', 'no effect', 'success harmed', "guardrail 'latency' harmed"]
    """
    planned = tuple(test.effect for test in plan.success)
    expected = tuple(test.effect for test in plan.guardrails)
    none = tuple(0.0 for _ in plan.guardrails)
    harmed = [
        Truth(f"guardrail '{test.name}' harmed", planned, (*expected[:place], -_harm(test), *expected[place + 1 :]))
        for place, test in enumerate(plan.guardrails)
    ]
    return (
        Truth(GOOD, planned, expected),
        Truth(NO_EFFECT, tuple(0.0 for _ in plan.success), none),
        Truth(SUCCESS_HARMED, tuple(-effect for effect in planned), none),
        *harmed,
    )


def shifts(plan: DecisionPlan, truth: Truth) -> tuple[Array, Array, Array]:
    """Noncentralities of the success metrics, of the guardrails' differences, of their tests against the margins."""
    success = np.array([e / test.std_error for e, test in zip(truth.success, plan.success, strict=True)])
    pairs = list(zip(truth.guardrails, plan.guardrails, strict=True))
    harm = np.array([effect / test.std_error for effect, test in pairs])
    margin = np.array([(effect + test.margin) / (test.margin_std_error or test.std_error) for effect, test in pairs])
    return success, harm, margin


def _harm(test: GuardrailTest) -> float:
    return test.margin if test.harm is None else test.harm


def _check_correlation(found: Array, size: int) -> None:
    sound = found.shape == (size, size) and np.allclose(found, found.T) and np.allclose(np.diag(found), 1)
    if not sound or np.linalg.eigvalsh(found).min() < -1e-9:
        raise ValueError(f"not a correlation matrix of {size} metrics")
