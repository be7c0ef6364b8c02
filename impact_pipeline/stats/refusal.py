"""Why a number cannot be computed from rows: a value that travels instead of the number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RefusalReason = Literal[
    "too_few_units",
    "too_few_clusters",
    "empty_arm",
    "zero_variance",
    "measure_undefined",
    "collinear",
    "mixed_clusters",
    "unbounded_interval",
    "no_pre_period",
    "too_few_periods",
    "missing_cells",
    "treatment_switches_off",
    "no_overlap",
    "no_support",
    "not_identified",
    "poor_fit",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason's name, as results carry it, and a sentence that says what was found and what is asked for."""

    reason: RefusalReason
    detail: str
