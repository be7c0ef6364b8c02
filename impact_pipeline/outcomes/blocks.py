"""Blocks of a switchback, read back from the cells that are kept of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.exposures.query import BLOCK_MARK
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.switchback import Blocks, blocks

BlockEffects = Literal["unit", "unit_and_period"]


@dataclass(frozen=True, slots=True)
class BlockValues:
    """Blocks with their outcomes, and how many had no denominator and are left out."""

    blocks: Blocks
    left_out: int

    @property
    def effects(self) -> BlockEffects:
        """Periods have effects of their own where regions are in different arms at one time."""
        _, period = np.unique(self.blocks.period, return_inverse=True)
        treated = np.bincount(period, weights=self.blocks.treated)
        together = bool(np.any((treated > 0) & (treated < np.bincount(period))))
        return "unit_and_period" if together else "unit"


def block_values(names: Sequence[str], treatment: Moments, control: Moments, *, ratio: bool) -> BlockValues | Refusal:
    """From the moments of each named block in each arm: its mean over block ids, or its ratio.

    >>> from impact_pipeline.stats.moments import as_exact
    >>> control = Moments(n=as_exact([1, 0]), y=as_exact([6, 0]), y_scale=1)
    >>> treatment = Moments(n=as_exact([0, 1]), y=as_exact([0, 40]), y_scale=1)
    >>> found = block_values(["north@1", "north@2"], treatment, control, ratio=False)
    >>> found.blocks.outcome.tolist(), found.blocks.treated.tolist()
    ([0.6, 4.0], [False, True])
    """
    n_t, n_c = _floats(treatment.n, 0), _floats(control.n, 0)
    mixed = (n_t > 0) & (n_c > 0)
    if mixed.any():
        first = names[int(mixed.argmax())]
        return Refusal("mixed_clusters", f"{int(mixed.sum())} blocks hold both arms, such as '{first}'; mend their log")
    y = _floats(treatment.y, treatment.y_scale) + _floats(control.y, control.y_scale)
    under = _floats(treatment.d, treatment.d_scale) + _floats(control.d, control.d_scale) if ratio else n_t + n_c
    kept = under > 0
    parts = [name.rsplit(BLOCK_MARK, 1) for name in np.asarray(names, dtype=object)[kept]]
    if not parts:
        return Refusal("empty_arm", "no block has any event yet")
    regions, numbers = zip(*parts, strict=True)
    found = blocks(list(regions), [int(number) for number in numbers], (n_t > 0)[kept], y[kept], under[kept])
    if isinstance(found, Refusal):
        return found
    return BlockValues(found, int(((n_t + n_c > 0) & ~kept).sum()))


def _floats(sums: object, scale: int) -> NDArray[np.float64]:
    return np.asarray(np.asarray(sums, dtype=np.float64) / 10**scale, dtype=np.float64)
