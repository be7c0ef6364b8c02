"""Pearson's chi-square: do counts fit their planned shares?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from impact_pipeline.stats.two_means import as_written


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """A statistic with its degrees of freedom; those of independent counts add up."""

    statistic: Fraction
    degrees_of_freedom: int

    def __add__(self, other: Self) -> ChiSquare:
        return ChiSquare(self.statistic + other.statistic, self.degrees_of_freedom + other.degrees_of_freedom)

    @property
    def p_value(self) -> float:
        """Needs at least one degree of freedom."""
        from scipy.special import chdtrc

        return float(chdtrc(self.degrees_of_freedom, float(self.statistic)))


def goodness_of_fit(counts: Sequence[int], shares: Sequence[float]) -> ChiSquare:
    """`sum of (observed - expected)^2 / expected` over categories with a share above 0, one less degree of freedom.

    Categories with a share of 0 take no part: a paused arm must not lend its degree of freedom. Needs a unit in one of
    the others; expected counts should be 5 or more. Pearson (1900), Philosophical Magazine 50.

    >>> found = goodness_of_fit([821_588, 815_482], [0.5, 0.5])
    >>> found.degrees_of_freedom, f"{found.p_value:.1e}"
    (1, '1.8e-06')
    """
    active = [(count, as_written(share)) for count, share in zip(counts, shares, strict=True) if share > 0]
    total = Fraction(sum(count for count, _ in active), 1) / sum((share for _, share in active), Fraction(0))
    terms = ((count - total * share) ** 2 / (total * share) for count, share in active)
    return ChiSquare(sum(terms, Fraction(0)), len(active) - 1)
