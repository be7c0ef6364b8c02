"""A method's fit of a block together with its placebos: what checks of a synthetic control look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.counterfactual import Counterfactual, Method
from impact_pipeline.stats.synthetic_control.simplex import Places


@dataclass(frozen=True, eq=False, slots=True)
class Fitted:
    """`others` are the method's fits of donors in the treated units' place, one for each of `groups`.

    `has_levels` says whether the method gives every unit a level of its own, so that a distance that stays is no fault.
    """

    block: Block
    method: Method
    found: Counterfactual
    groups: Sequence[Places]
    others: Sequence[Counterfactual]
    has_levels: bool = False

    def pre_error(self, one: Counterfactual) -> float:
        """Root mean squared gap before the change; about the gaps' own mean where units have levels of their own."""
        if not self.has_levels:
            return one.pre_rmspe
        gaps = one.gaps[: one.starts]
        return float(np.std(gaps))

    def donor_spread(self) -> float:
        """Standard deviation of donors' outcomes before the change, about their own means where units have levels."""
        before = self.block.donors[:, : self.block.starts]
        if self.has_levels:
            before = before - before.mean(axis=1, keepdims=True)
        return float(np.sqrt(np.mean((before - before.mean(axis=0)) ** 2)))
