"""Two means and the independent samples they are made from: what every difference, lift and margin is judged on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import fsum, sqrt

ONE, ZERO = Fraction(1), Fraction(0)


def added(numbers: Sequence[Fraction]) -> Fraction:
    """Their exact sum; zeros, which are many, cost nothing."""
    first, *others = [number for number in numbers if number] or [ZERO]
    return sum(others, first)


def scaled(weight: Fraction, number: Fraction) -> Fraction:
    """Their exact product; a weight of 1, of the only stratum, costs nothing."""
    return number if weight.numerator == weight.denominator else weight * number


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one independent sample adds to the variances of the two means and to their covariance."""

    treatment: Fraction
    control: Fraction
    covariance: Fraction
    degrees_of_freedom: int

    def variance(self, multiple: Fraction) -> Fraction:
        """What the sample adds to the variance of `treatment - multiple * control`."""
        control, covariance = self.control, self.covariance
        if multiple is not ONE:
            control, covariance = multiple**2 * control, multiple * covariance
        return added((self.treatment, control, -2 * covariance if covariance else ZERO))


@dataclass(frozen=True, slots=True)
class TwoMeans:
    """Estimated means of treatment and control, exact, with the variance each sample gives them."""

    treatment: Fraction
    control: Fraction
    contributions: tuple[Contribution, ...]

    def variance(self, multiple: Fraction = ONE) -> Fraction:
        """Variance of `treatment - multiple * control`."""
        return added([part.variance(multiple) for part in self.contributions])

    def degrees_of_freedom(self, multiple: Fraction = ONE) -> float:
        """Welch-Satterthwaite degrees of freedom of `treatment - multiple * control`; needs a variance above 0.

        `(sum of v_i)^2 / sum of v_i^2 / f_i` over independent samples i with f_i degrees of freedom each.
        Satterthwaite (1946), Biometrics Bulletin 2; Welch (1947), Biometrika 34.
        """
        return self.error(multiple)[1]

    def error(self, multiple: Fraction = ONE) -> tuple[float, float]:
        """Standard error of `treatment - multiple * control`, and its degrees of freedom."""
        variances = [part.variance(multiple) for part in self.contributions]
        total = float(added(variances))
        shares = [float(variance) / total for variance in variances]
        inverse = fsum(s * s / part.degrees_of_freedom for s, part in zip(shares, self.contributions, strict=True))
        return sqrt(total), 1 / inverse

    def covariances(self) -> tuple[float, float, float]:
        """Variance of the treatment mean, of the control mean, and their covariance."""
        parts = self.contributions
        return (
            float(added([part.treatment for part in parts])),
            float(added([part.control for part in parts])),
            float(added([part.covariance for part in parts])),
        )


def as_written(number: float) -> Fraction:
    """The decimal number its author wrote: 0.1 is one tenth, and not the nearest binary float.

    >>> as_written(0.1)
    Fraction(1, 10)
    """
    return Fraction(repr(number))
