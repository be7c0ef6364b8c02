"""Exact moments of units: integers that add up without rounding, in any order, on any engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter
from typing import Self


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over n units of outcome y, denominator d and pre-exposure covariate x, as scaled integers.

    `yy` is the sum of squares, `yd` of products, and so on. The value of y is `y / 10**y_scale`, likewise d and x;
    sums of products carry both scales. d and x are 0 throughout where a metric has none.
    """

    n: int = 0
    y: int = 0
    yy: int = 0
    d: int = 0
    dd: int = 0
    yd: int = 0
    x: int = 0
    xx: int = 0
    xy: int = 0
    xd: int = 0
    y_scale: int = 0
    d_scale: int = 0
    x_scale: int = 0

    def __add__(self, other: Self) -> Moments:
        """Moments of the union of two disjoint groups of units measured at the same scales."""
        if (self.y_scale, self.d_scale, self.x_scale) != (other.y_scale, other.d_scale, other.x_scale):
            raise ValueError("moments at different scales do not add up")
        return Moments(
            self.n + other.n, self.y + other.y, self.yy + other.yy, self.d + other.d, self.dd + other.dd,
            self.yd + other.yd, self.x + other.x, self.xx + other.xx, self.xy + other.xy, self.xd + other.xd,
            self.y_scale, self.d_scale, self.x_scale,
        )  # fmt: skip

    def mean(self, variable: str) -> Fraction:
        """Exact mean of 'y', 'd' or 'x'; needs n >= 1."""
        return Fraction(getattr(self, variable), self.n * 10 ** self._scale(variable))

    def covariance(self, first: str, second: str) -> Fraction:
        """Exact sample covariance (n - 1) of two of 'y', 'd', 'x'; needs n >= 2."""
        product = getattr(self, _PRODUCTS[frozenset((first, second))])
        centred = self.n * product - getattr(self, first) * getattr(self, second)
        return Fraction(centred, self.n * (self.n - 1) * 10 ** (self._scale(first) + self._scale(second)))

    def _scale(self, variable: str) -> int:
        scale: int = getattr(self, f"{variable}_scale")
        return scale


_PRODUCTS = {
    frozenset("y"): "yy", frozenset("d"): "dd", frozenset("x"): "xx",
    frozenset("yd"): "yd", frozenset("xy"): "xy", frozenset("xd"): "xd",
}  # fmt: skip
_SUMS = attrgetter("n", "y", "yy", "d", "dd", "yd", "x", "xx", "xy", "xd")
_SCALES = attrgetter("y_scale", "d_scale", "x_scale")


def merged(parts: Sequence[Moments]) -> Moments:
    """Moments of the union of disjoint groups of units measured at the same scales; `Moments()` of none.

    >>> merged([Moments(2, 3, 5), Moments(1, 2, 4)])
    Moments(n=3, y=5, yy=9, d=0, dd=0, yd=0, x=0, xx=0, xy=0, xd=0, y_scale=0, d_scale=0, x_scale=0)
    """
    if not parts:
        return Moments()
    if len(scales := set(map(_SCALES, parts))) > 1:
        raise ValueError("moments at different scales do not add up")
    n, y, yy, d, dd, yd, x, xx, xy, xd = map(sum, zip(*map(_SUMS, parts), strict=True))
    return Moments(n, y, yy, d, dd, yd, x, xx, xy, xd, *scales.pop())
