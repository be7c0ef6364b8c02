"""Many tests at once: p-values adjusted so that a family errs no more often than one test would.

Intervals that go with a correction keep their own method and take another level: none is worked back from a p-value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import fsum
from typing import Literal

Procedure = Literal["none", "bonferroni", "holm", "hochberg", "benjamini_hochberg", "benjamini_yekutieli"]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A family after correction, in the order given; `interval_level` is that of each interval (see `corrected`)."""

    adjusted: tuple[float, ...]
    interval_level: float
    rejected: tuple[bool, ...]


def corrected(p_values: Sequence[float], alpha: float, procedure: Procedure) -> Corrected:
    """Adjusted p-values, what they reject (those below `alpha`), and the level of the matching intervals.

    none: `1 - alpha`. Family-wise (bonferroni, holm, hochberg): `simultaneous_level`, at which all intervals cover at
    once; one that leaves out 0 is rejected, but holm and hochberg also reject some whose interval holds 0. False
    discoveries (benjamini_hochberg, benjamini_yekutieli): `1 - R alpha / m` with R rejections (1 if none), with alpha
    over `1 + 1/2 + ... + 1/m` for benjamini_yekutieli. Such an interval leaves out 0 exactly where the test rejects,
    and of the rejected an expected share of at most alpha misses; intervals of the others carry no promise.
    Benjamini, Yekutieli (2005), JASA 100. A test that could not be computed counts with p = 1.

    >>> found = corrected([0.001, 0.02, 0.3], 0.05, "benjamini_hochberg")
    >>> [round(p, 3) for p in found.adjusted], found.rejected, round(found.interval_level, 4)
    ([0.003, 0.03, 0.3], (True, True, False), 0.9667)
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"p-values must lie in 0..1, found {list(p_values)}")
    adjusted = _ADJUSTMENTS[procedure](p_values)
    rejected = tuple(p < alpha for p in adjusted)
    return Corrected(adjusted, _interval_level(alpha, procedure, len(p_values), sum(rejected)), rejected)


def simultaneous_level(alpha: float, count: int) -> float:
    """Level of each of `count` intervals that all cover with probability `1 - alpha` at least, however dependent.

    >>> simultaneous_level(0.05, 5)
    0.99
    """
    return 1 - alpha / max(count, 1)


def bonferroni(p_values: Sequence[float]) -> tuple[float, ...]:
    """Each p-value times their number; controls the family-wise error under any dependence.

    >>> bonferroni([0.01, 0.6])
    (0.02, 1.0)
    """
    return tuple(min(1.0, len(p_values) * p) for p in p_values)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's adjusted p-values, in the order given; controls the family-wise error under any dependence.

    Sorted, the i-th smallest of m is multiplied by `m - i + 1` and never falls below the one before it.
    Holm (1979), Scandinavian Journal of Statistics 6.

    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)


def hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Hochberg's adjusted p-values: Holm's factors, but none above that of the next larger p-value.

    Rejects all that Holm rejects and sometimes more; controls the family-wise error where the tests are independent or
    positively dependent. Hochberg (1988), Biometrika 75.

    >>> hochberg([0.01, 0.04, 0.03])
    (0.03, 0.04, 0.04)
    """
    count = len(p_values)
    return _stepped_up(p_values, [count - rank for rank in range(count)])


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """The i-th smallest of m times `m / i`, none above the next: the expected share of false discoveries.

    Controlled where the tests are independent or positively dependent. Benjamini, Hochberg (1995), JRSS B 57.

    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    (0.03, 0.04, 0.04)
    """
    count = len(p_values)
    return _stepped_up(p_values, [count / (rank + 1) for rank in range(count)])


def benjamini_yekutieli(p_values: Sequence[float]) -> tuple[float, ...]:
    """Benjamini and Hochberg's times `1 + 1/2 + ... + 1/m`; controls false discoveries under any dependence.

    Benjamini, Yekutieli (2001), Annals of Statistics 29.

    >>> [round(p, 4) for p in benjamini_yekutieli([0.01, 0.04, 0.03])]
    [0.055, 0.0733, 0.0733]
    """
    count = len(p_values)
    factor = count * _harmonic(count)
    return _stepped_up(p_values, [factor / (rank + 1) for rank in range(count)])


def _stepped_up(p_values: Sequence[float], factors: Sequence[float]) -> tuple[float, ...]:
    """p-values times the factor of their rank (smallest first), none above that of a larger one."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    scaled = [min(1.0, factor * p_values[index]) for factor, index in zip(factors, order, strict=True)]
    adjusted = dict(zip(reversed(order), accumulate(reversed(scaled), min), strict=True))
    return tuple(adjusted[index] for index in range(len(p_values)))


def _harmonic(count: int) -> float:
    return fsum(1 / rank for rank in range(1, count + 1))


def _interval_level(alpha: float, procedure: Procedure, count: int, rejections: int) -> float:
    if procedure == "none":
        return 1 - alpha
    if procedure == "benjamini_hochberg":
        return simultaneous_level(alpha * max(rejections, 1), count)
    if procedure == "benjamini_yekutieli":
        return simultaneous_level(alpha * max(rejections, 1) / _harmonic(max(count, 1)), count)
    return simultaneous_level(alpha, count)


_ADJUSTMENTS: dict[Procedure, Callable[[Sequence[float]], tuple[float, ...]]] = {
    "none": tuple,
    "bonferroni": bonferroni,
    "holm": holm,
    "hochberg": hochberg,
    "benjamini_hochberg": benjamini_hochberg,
    "benjamini_yekutieli": benjamini_yekutieli,
}
