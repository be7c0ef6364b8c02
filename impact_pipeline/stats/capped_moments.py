"""Caps at a percentile of all units together, found and applied on what is stored by bucket: no second look at rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.buckets import bucket_of
from impact_pipeline.stats.distribution import Distribution, merged


def pooled_cap(distributions: Sequence[Distribution], probability: float) -> int:
    """The percentile of all arms' units together, cut to the buckets' digits toward zero; a scaled integer.

    Arms share it, so that a cap cannot differ between them by chance or by the effect. It is the name of the bucket
    that holds the percentile: the percentile itself if that has few digits, else less than a bucket nearer to 0.

    >>> treatment = Distribution.from_events(range(4), [5, 70, 810, 123_456], digits=3)
    >>> pooled_cap([treatment, Distribution.from_events(range(4), [6, 80, 910, 1_234], digits=3)], 0.9)
    123000
    """
    return merged(distributions).bucket_at(probability)


def capped(
    cap: int,
    digits: int,
    *,
    buckets: ArrayLike,
    n: ArrayLike,
    y: ArrayLike,
    yy: ArrayLike,
    x: ArrayLike,
    xx: ArrayLike,
    xy: ArrayLike,
) -> dict[str, int]:
    """Exact sums of `min(y, cap)` and of a covariate x over all units, from arrays of sums by bucket of y.

    Units of buckets below the cap keep their sums; each of the others has the value cap. Of more covariates, or of a
    denominator, `capped_product` gives the products. The cap has to be a bucket's name, as `pooled_cap` gives it.

    >>> by_bucket = {"n": [2, 1], "y": [70, 1239], "yy": [2500, 1535121], "x": [3, 4], "xx": [5, 16], "xy": [90, 4956]}
    >>> capped(1230, 3, buckets=[35, 1230], **by_bucket)
    {'n': 3, 'y': 1300, 'yy': 1515400, 'x': 7, 'xx': 21, 'xy': 5010}
    """
    above = _above(cap, digits, buckets)
    count = _integers(n)
    return {
        "n": int(count.sum()),
        "y": _merged(cap, above, n, y),
        "yy": int(_integers(yy)[~above].sum() + cap**2 * count[above].sum()),
        "x": int(_integers(x).sum()),
        "xx": int(_integers(xx).sum()),
        "xy": _merged(cap, above, x, xy),
    }


def capped_product(cap: int, digits: int, *, buckets: ArrayLike, w: ArrayLike, wy: ArrayLike) -> int:
    """Exact sum of `w * min(y, cap)` over all units, from sums of w and of `w * y` by bucket of y.

    >>> capped_product(1230, 3, buckets=[35, 1230], w=[3, 4], wy=[90, 4956])
    5010
    """
    return _merged(cap, _above(cap, digits, buckets), w, wy)


def _above(cap: int, digits: int, buckets: ArrayLike) -> NDArray[np.bool_]:
    """Which buckets hold only values at or above the cap; those of the others are at or below it."""
    if bucket_of(cap, digits) != cap:
        raise ValueError(f"cap: {cap} is within a bucket; with {digits} digits the nearest is {bucket_of(cap, digits)}")
    names = np.asarray(buckets, dtype=np.int64)
    return names >= cap if cap >= 0 else names > cap


def _merged(cap: int, above: NDArray[np.bool_], w: ArrayLike, wy: ArrayLike) -> int:
    return int(_integers(wy)[~above].sum() + cap * _integers(w)[above].sum())


def _integers(sums: ArrayLike) -> NDArray[Any]:
    """Python's integers: sums of squares pass 64 bits."""
    return np.asarray(sums).astype(object)
