"""Named scenarios print one line each: what was measured, and what it is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from scipy.stats import binom

RARE = 1e-4
"""Chance that a count of draws lies beyond its bound."""

CHANCE = 3.9
"""Standard errors that are as rare."""


@dataclass(frozen=True, slots=True)
class Line:
    scenario: str
    draws: int
    measured: Mapping[str, float]

    def __str__(self) -> str:
        numbers = ", ".join(f"{name} {number:.4g}" for name, number in self.measured.items())
        return f"{self.scenario:46} {self.draws:6d} draws: {numbers}"


def at_most(alpha: float, draws: int) -> float:
    """The largest share of draws that chance leaves a rate of alpha."""
    return float(binom.isf(RARE, draws, alpha)) / draws


def at_least(share: float, draws: int) -> float:
    return float(binom.ppf(RARE, draws, share)) / draws


def of_mean(std_dev: float, draws: int) -> float:
    """How far a mean of draws may lie from the truth."""
    return CHANCE * std_dev / sqrt(draws)
