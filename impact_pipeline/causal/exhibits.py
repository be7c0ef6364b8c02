"""What a method shows beside its number, as plain values: each kind has one picture in the reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """`position` is the place on the axis (an event time, a period); `lower` and `upper` are None without interval."""

    label: str
    position: float
    value: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """Effects along an axis: an event study, gaps by period, cumulated effects.

    `starts` is where on the axis the treatment begins. `simultaneous` bands hold for all points at once.
    """

    name: str
    title: str
    axis: str
    points: tuple[CurvePoint, ...]
    starts: float | None = None
    level: float = 0.95
    simultaneous: bool = False
    type: Literal["curve"] = "curve"


@dataclass(frozen=True, slots=True)
class Paths:
    """What happened and what would have, by period; `lower` and `upper` bound the second, empty without a band."""

    name: str
    title: str
    periods: tuple[str, ...]
    actual: Numbers
    counterfactual: Numbers
    starts: int
    lower: Numbers = ()
    upper: Numbers = ()
    level: float = 0.95
    type: Literal["paths"] = "paths"


@dataclass(frozen=True, slots=True)
class Gap:
    """One unit's distance from its own counterfactual, by period."""

    unit: str
    values: Numbers
    is_treated: bool


@dataclass(frozen=True, slots=True)
class Placebos:
    """Gaps of the treated unit among those of units that were not treated."""

    name: str
    title: str
    periods: tuple[str, ...]
    starts: int
    gaps: tuple[Gap, ...]
    type: Literal["placebos"] = "placebos"


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """Standardised mean differences of one covariate."""

    covariate: str
    before: float
    after: float | None


@dataclass(frozen=True, slots=True)
class Balance:
    """A love plot; `threshold` is the largest difference in size that counts as balanced."""

    name: str
    title: str
    rows: tuple[BalanceRow, ...]
    threshold: float = 0.1
    type: Literal["balance"] = "balance"


@dataclass(frozen=True, slots=True)
class Discontinuity:
    """Outcomes around a cut-off: means in bins, and the fitted line on each side as points."""

    name: str
    title: str
    axis: str
    cutoff: float
    bins: tuple[tuple[float, float], ...]
    left: tuple[tuple[float, float], ...]
    right: tuple[tuple[float, float], ...]
    type: Literal["discontinuity"] = "discontinuity"


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts (or shares) of groups in common bins: scores by arm, densities at a cut-off, weights.

    `edges` has one more than each group's values.
    """

    name: str
    title: str
    axis: str
    edges: Numbers
    groups: tuple[tuple[str, Numbers], ...]
    mark: float | None = None
    type: Literal["histogram"] = "histogram"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One specification: what was chosen, and what came of it; None where it has no number, with the reason."""

    choices: tuple[tuple[str, str], ...]
    value: float | None
    lower: float | None
    upper: float | None
    is_main: bool = False
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class SpecificationCurve:
    """The effect under every alternative specification that the method offers."""

    name: str
    title: str
    alternatives: tuple[Alternative, ...]
    type: Literal["specification_curve"] = "specification_curve"


@dataclass(frozen=True, slots=True)
class Weights:
    """Who the counterfactual is made of; weights below `least` in size are left out of pictures."""

    name: str
    title: str
    rows: tuple[tuple[str, float], ...]
    least: float = 0.001
    type: Literal["weights"] = "weights"


Exhibit = Curve | Paths | Placebos | Balance | Discontinuity | Histogram | SpecificationCurve | Weights
