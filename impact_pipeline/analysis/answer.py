"""What an analysis answers; each field is one of the JSON document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from impact_pipeline.analysis.e_values import EValueAnswer
from impact_pipeline.analysis.planning import PlanningAnswer
from impact_pipeline.analysis.unit_effect_readings import UnitEffectsReading
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import Contrast, Grade, Interval, Result
from impact_pipeline.estimators.bayesian_reading import BayesianReading, NoBayesianReading
from impact_pipeline.estimators.causal.detail import Attempt, NamedEffect, NamedNumber, ShownExhibit
from impact_pipeline.estimators.segment_comparison import SegmentComparison


@dataclass(frozen=True, slots=True)
class ArmReading:
    """One metric in one arm by itself, over all strata together; None where there is no such number.

    `n` counts units (clusters, of a ratio over clusters). `delta_std_error` of a ratio is `sqrt(sum of l^2) / n` over
    its influence values l: without the n - 1 of a variance. `bootstrap_std_error` is over samples drawn again.
    """

    metric: str
    arm: str
    n: int
    value: float | None
    std_error: float | None
    interval: Interval | None = None
    delta_std_error: float | None = None
    bootstrap_std_error: float | None = None


@dataclass(frozen=True, slots=True)
class CorrectedResult:
    """One comparison over all units after the correction for all of them; the interval is of the same method."""

    metric: str
    contrast: Contrast
    adjusted_p_value: float
    rejected: bool
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Do the arms hold their planned shares? The one-shot chi-square test, and the p-value that any look may read.

    `stratum` is None over all strata.
    """

    stratum: str | None
    counts: dict[str, int]
    shares: dict[str, float]
    statistic: float
    degrees_of_freedom: int
    p_value: float
    always_valid_p_value: float


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One coefficient of a regression, or the reason why it has none."""

    metric: str
    name: str
    value: float | None
    std_error: float | None
    interval: Interval | None
    p_value: float | None
    degrees_of_freedom: float | None
    method: str
    n: int
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything an analysis found. `units` counts by arm, `dropped` the rows without a number by metric.

    The fields from `effects` on are those of causal designs: `findings` and the others are about the design that
    answers, `attempts` about each that was asked. `grade` is the worst of all metrics'.
    """

    alpha: float
    design: str | None = None
    rows: int | None = None
    units: dict[str, int] | None = None
    dropped: dict[str, int] | None = None
    sample_ratio: tuple[SampleRatio, ...] = ()
    arms: tuple[ArmReading, ...] = ()
    results: tuple[Result, ...] = ()
    correction: str | None = None
    corrected: tuple[CorrectedResult, ...] = ()
    segment_comparisons: tuple[SegmentComparison, ...] = ()
    bayesian: tuple[BayesianReading | NoBayesianReading, ...] = ()
    coefficients: tuple[Coefficient, ...] = ()
    unit_effects: tuple[UnitEffectsReading, ...] = ()
    planning: tuple[PlanningAnswer, ...] = ()
    e_values: tuple[EValueAnswer, ...] = ()
    grade: Grade | None = None
    attempts: tuple[Attempt, ...] = ()
    effects: tuple[NamedEffect, ...] = ()
    numbers: tuple[NamedNumber, ...] = ()
    findings: tuple[Finding, ...] = ()
    exhibits: tuple[ShownExhibit, ...] = ()
    version: Literal["impact-answer/v1"] = "impact-answer/v1"

    def as_json(self) -> str:
        """Sorted keys, no NaN; the same answer has the same text, and its numbers read back are the same."""
        plain: Any = TypeAdapter(Answer).dump_python(self, mode="json")
        return json.dumps(plain, indent=1, sort_keys=True, allow_nan=False)
