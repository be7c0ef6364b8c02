"""Two means and the independent samples they are made from: what every difference, lift and margin is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import fsum

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one independent sample adds to the variances of the two means and to their covariance."""

    treatment: Fraction
    control: Fraction
    covariance: Fraction
    degrees_of_freedom: int

    def variance(self, multiple: Fraction) -> Fraction:
        """What the sample adds to the variance of `treatment - multiple * control`."""
        if multiple == ONE:
            return self.treatment - 2 * self.covariance + self.control
        return self.treatment - 2 * multiple * self.covariance + multiple**2 * self.control


@dataclass(frozen=True, slots=True)
class TwoMeans:
    """Estimated means of treatment and control, exact, with the variance each sample gives them."""

    treatment: Fraction
    control: Fraction
    contributions: tuple[Contribution, ...]

    def variance(self, multiple: Fraction = ONE) -> Fraction:
        """Variance of `treatment - multiple * control`."""
        return sum((part.variance(multiple) for part in self.contributions), Fraction(0))

    def degrees_of_freedom(self, multiple: Fraction = ONE) -> float:
        """Welch-Satterthwaite degrees of freedom of `treatment - multiple * control`; needs a variance above 0.

        `(sum of v_i)^2 / sum of v_i^2 / f_i` over independent samples i with f_i degrees of freedom each.
        Satterthwaite (1946), Biometrics Bulletin 2; Welch (1947), Biometrika 34.
        """
        variances = [part.variance(multiple) for part in self.contributions]
        total = sum(variances, Fraction(0))
        shares = [float(variance / total) for variance in variances]
        return 1 / fsum(s**2 / part.degrees_of_freedom for s, part in zip(shares, self.contributions, strict=True))


def as_written(number: float) -> Fraction:
    """The decimal number its author wrote: 0.1 is one tenth, and not the nearest binary float.

    >>> as_written(0.1)
    Fraction(1, 10)
    """
    return Fraction(repr(number))
