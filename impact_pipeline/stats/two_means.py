"""Two means and the independent samples they are made from: what every difference, lift and margin is judged on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from impact_pipeline.stats.moments import Real, square


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one independent sample adds to the variances of the two means and to their covariance."""

    treatment: Real
    control: Real
    covariance: Real
    degrees_of_freedom: Real

    def variance(self, multiple: float = 1.0) -> Real:
        """What the sample adds to the variance of `treatment - multiple * control`."""
        return self.treatment + square(multiple) * self.control - 2 * multiple * self.covariance


@dataclass(frozen=True, slots=True)
class TwoMeans:
    """Estimated means of treatment and control with the variance each sample gives them; floats, or arrays of them.

    An array holds many groups of units, such as segment values or looks, each judged by itself.
    """

    treatment: Real
    control: Real
    contributions: tuple[Contribution, ...]

    @property
    def change(self) -> Real:
        return self.treatment - self.control

    def variance(self, multiple: float = 1.0) -> Real:
        """Variance of `treatment - multiple * control`."""
        return added(part.variance(multiple) for part in self.contributions)

    def error(self, multiple: float = 1.0) -> tuple[Real, Real]:
        """Standard error of `treatment - multiple * control` and its Welch-Satterthwaite degrees of freedom.

        `(sum of v_i)^2 / sum of v_i^2 / f_i` over independent samples i with f_i degrees of freedom each; infinite
        where no variance is above 0. Satterthwaite (1946), Biometrics Bulletin 2; Welch (1947), Biometrika 34.
        """
        variances = [part.variance(multiple) for part in self.contributions]
        total = added(variances)
        positive = np.asarray(total) > 0
        with np.errstate(divide="ignore"):
            shares = [np.where(positive, variance, 0.0) / np.where(positive, total, 1.0) for variance in variances]
            parts = zip(shares, self.contributions, strict=True)
            inverse = np.asarray(added(square(share) / part.degrees_of_freedom for share, part in parts))
            degrees = np.where(inverse > 0, 1 / inverse, np.inf)
        return np.sqrt(np.maximum(total, 0.0)), as_shape_of(total, degrees)

    def covariances(self) -> tuple[Real, Real, Real]:
        """Variance of the treatment mean, of the control mean, and their covariance."""
        parts = self.contributions
        return (
            added(part.treatment for part in parts),
            added(part.control for part in parts),
            added(part.covariance for part in parts),
        )


def added(numbers: Iterable[Real]) -> Real:
    """Their sum, always in the order given.

    >>> added([0.5, 0.25]), added(np.array([1.0, 2.0]) for _ in range(2)).tolist()
    (0.75, [2.0, 4.0])
    """
    total: Real = 0.0
    for number in numbers:
        total = total + number
    return total


def as_shape_of(like: Real, found: Real) -> Real:
    """A float for a float, an array for an array."""
    return found if isinstance(like, np.ndarray) else float(found)


def as_written(number: float) -> Fraction:
    """The decimal number its author wrote: 0.1 is one tenth, and not the nearest binary float.

    >>> as_written(0.1)
    Fraction(1, 10)
    """
    return Fraction(repr(number))
