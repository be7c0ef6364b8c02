"""Exact moments of units: integers that add up without rounding, in any order, on any engine."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Exact: TypeAlias = int | NDArray[np.object_]
"""A Python integer, or an array of them: sums of products pass 64 bits."""

Real: TypeAlias = float | NDArray[np.float64]
"""A float, or an array of the shape of the integers that it was made from."""


def as_exact(values: Any) -> NDArray[np.object_]:
    """An array of Python integers.

    >>> (as_exact(np.array([2**40])) ** 2).tolist()
    [1208925819614629174706176]
    """
    given = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    return given.astype(object, copy=False)


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over n units of outcome y, denominator d and pre-exposure covariates x, as scaled integers.

    Each is one integer, or an array of integers of one shape: many groups of units at once. `yy` is the sum of squares,
    `yd` of products. With k covariates `x`, `xy` and `xd` have k entries and `xx` the upper triangle of their products,
    row by row: (11, 12, .., 1k, 22, ..). The value of y is `y / 10**y_scale`, likewise d and each x; sums of products
    carry both scales. d is 0 throughout where a metric has none.
    """

    n: Exact = 0
    y: Exact = 0
    yy: Exact = 0
    d: Exact = 0
    dd: Exact = 0
    yd: Exact = 0
    x: tuple[Exact, ...] = ()
    xx: tuple[Exact, ...] = ()
    xy: tuple[Exact, ...] = ()
    xd: tuple[Exact, ...] = ()
    y_scale: int = 0
    d_scale: int = 0
    x_scales: tuple[int, ...] = ()
    _made: dict[Hashable, Real] = field(init=False, default_factory=dict, compare=False, repr=False)
    """What was made of these sums, each once: arms stand in several contrasts, and are asked several times in each."""

    def __post_init__(self) -> None:
        if len(self.x_scales) != len(self.x):
            object.__setattr__(self, "x_scales", (*self.x_scales, *(0 for _ in self.x))[: len(self.x)])

    def __add__(self, other: Self) -> Moments:
        """Moments of the union of two disjoint groups of units measured at the same scales."""
        if self.scales != other.scales:
            raise ValueError("moments at different scales do not add up")
        sums = [
            tuple(map(add, mine, theirs)) if isinstance(mine, tuple) else mine + theirs
            for mine, theirs in zip(self.sums, other.sums, strict=True)
        ]
        return of_sums(sums, self.scales)

    @property
    def sums(self) -> tuple[Any, ...]:
        """n and all sums, in the order of the fields."""
        return self.n, self.y, self.yy, self.d, self.dd, self.yd, self.x, self.xx, self.xy, self.xd

    @property
    def scales(self) -> tuple[int, int, tuple[int, ...]]:
        return self.y_scale, self.d_scale, self.x_scales

    @property
    def covariates(self) -> int:
        """How many covariates there are."""
        return len(self.x)

    def each(self, change: Callable[[Any], Any]) -> Moments:
        """The same moments with `change` made to n and to every sum: a choice, a reshaping, a sum along an axis."""
        changed = [tuple(map(change, sums)) if isinstance(sums, tuple) else change(sums) for sums in self.sums]
        return of_sums(changed, self.scales)

    @property
    def units(self) -> Real:
        """n as the nearest float."""
        return self._once("units", lambda: rounded(self.n))

    def mean(self, variable: str, index: int = 0) -> Real:
        """Mean of 'y', 'd' or of the covariate 'x' with that index; 0 of no units."""
        return self._once((variable, index), lambda: self._mean(variable, index))

    def covariance(self, first: str, second: str, indexes: tuple[int, int] = (0, 0)) -> Real:
        """Sample covariance (n - 1) of two of 'y', 'd', 'x', centred before rounding; 0 of fewer than two units."""
        return self._once((first, second, indexes), lambda: self._covariance(first, second, indexes))

    def _once(self, name: Hashable, make: Callable[[], Real]) -> Real:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def _mean(self, variable: str, index: int) -> Real:
        whole, scale = self._sum(variable, index)
        return rounded(whole) / (at_least_one(self.units) * 10.0**scale)

    def _covariance(self, first: str, second: str, indexes: tuple[int, int]) -> Real:
        (a, a_scale), (b, b_scale) = self._sum(first, indexes[0]), self._sum(second, indexes[1])
        centred = self.n * self._product(first, second, indexes) - a * b
        n = self.units
        return rounded(centred) / (at_least_one(n * (n - 1)) * 10.0 ** (a_scale + b_scale))

    def _sum(self, variable: str, index: int) -> tuple[Exact, int]:
        match variable:
            case "y":
                return self.y, self.y_scale
            case "d":
                return self.d, self.d_scale
            case "x":
                return self.x[index], self.x_scales[index]
        raise ValueError(f"there is no variable '{variable}'; there are 'y', 'd' and 'x'")

    def _product(self, first: str, second: str, indexes: tuple[int, int]) -> Exact:
        names, (i, j) = {first, second}, indexes
        if names == {"x"}:
            return self.xx[triangle(len(self.x), min(i, j), max(i, j))]
        if "x" in names:
            index = i if first == "x" else j
            return self.xy[index] if "y" in names else self.xd[index]
        if len(names) == 2:
            return self.yd
        return self.yy if "y" in names else self.dd


def of_sums(sums: Sequence[Any], scales: tuple[int, int, tuple[int, ...]]) -> Moments:
    """Moments of their `sums` and `scales`."""
    n, y, yy, d, dd, yd, x, xx, xy, xd = sums
    return Moments(n, y, yy, d, dd, yd, x, xx, xy, xd, *scales)


def triangle(size: int, row: int, column: int) -> int:
    """The place of (row, column), row <= column, in an upper triangle written row by row.

    >>> [triangle(3, i, j) for i in range(3) for j in range(i, 3)]
    [0, 1, 2, 3, 4, 5]
    """
    return row * size - row * (row - 1) // 2 + column - row


def merged(parts: Sequence[Moments]) -> Moments:
    """Moments of the union of disjoint groups of units measured at the same scales; `Moments()` of none.

    >>> merged([Moments(2, 3, 5), Moments(1, 2, 4)]).sums[:3]
    (3, 5, 9)
    """
    return reduce(add, parts) if parts else Moments()


def rounded(number: Exact | Real) -> Real:
    """The nearest float of each integer; floats stay as they are.

    >>> rounded(3), rounded(as_exact([1, 3])).tolist()
    (3.0, [1.0, 3.0])
    """
    return number.astype(np.float64) if isinstance(number, np.ndarray) else float(number)


def at_least_one(count: Real) -> Real:
    """Each count, or 1 where it is smaller: a divisor.

    >>> at_least_one(0.0), at_least_one(np.array([0.0, 5.0])).tolist()
    (1.0, [1.0, 5.0])
    """
    return np.maximum(count, 1.0) if isinstance(count, np.ndarray) else max(count, 1.0)


def square(number: Real) -> Real:
    """`number * number`: the same bits for a float and in an array, which a power of 2 does not promise.

    >>> square(1.5)
    2.25
    """
    return number * number
