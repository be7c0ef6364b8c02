"""What the treated units would have been without the change, as weights on donors and a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.simplex import Floats


@dataclass(frozen=True, eq=False, slots=True)
class Counterfactual:
    """`weights` (J,) of donors; `gaps` (T,) are the target less its counterfactual.

    `period_weights` (starts,) are those of periods before the change, where a method takes the gap's own level out.
    `pre_mspe` is the mean squared gap over the judged periods. `held_out_mspe` is that of periods left out of the fit
    one after the other, where a method was asked for it. `numbers` are the method's own.
    """

    weights: Floats
    gaps: Floats
    starts: int
    pre_mspe: float
    period_weights: Floats | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    held_out_mspe: float | None = None

    @property
    def effect(self) -> float:
        """The mean gap from the change on."""
        return float(self.gaps[self.starts :].mean())

    @property
    def pre_rmspe(self) -> float:
        return float(np.sqrt(self.pre_mspe))

    @property
    def error(self) -> float:
        """Root mean squared error before the change: of periods held out where known, else of those fitted."""
        return float(np.sqrt(self.pre_mspe if self.held_out_mspe is None else self.held_out_mspe))


Method = Callable[[Block], Counterfactual]
"""A method is a function of the block alone, so that donors can be given the place of the treated units."""


def counterfactual(
    block: Block,
    weights: Floats,
    *,
    period_weights: Floats | None = None,
    numbers: Mapping[str, float] | None = None,
    held_out_mspe: float | None = None,
) -> Counterfactual:
    """Gaps to the weighted donors, less their own mean by `period_weights` where these are given.

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> block = block_of_arrays(np.array([[2.0, 3.0, 9.0], [1.0, 1.0, 2.0], [3.0, 5.0, 6.0]]), 1, 2)
    >>> counterfactual(block, np.array([0.5, 0.5])).gaps.tolist()
    [0.0, 0.0, 5.0]
    """
    gaps = block.target - weights @ block.donors
    if period_weights is not None:
        gaps = gaps - period_weights @ gaps[: block.starts]
    pre_mspe = float(np.mean(gaps[: block.starts][block.judged] ** 2)) if block.starts else 0.0
    return Counterfactual(weights, gaps, block.starts, pre_mspe, period_weights, numbers or {}, held_out_mspe)


def given_weights(block: Block, weights: Mapping[str, float]) -> Counterfactual:
    """The counterfactual of weights that are given by donors' names; others have none.

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> given_weights(block_of_arrays(np.array([[2.0, 9.0], [1.0, 2.0], [3.0, 6.0]]), 1, 1), {"2": 1.0}).gaps.tolist()
    [-1.0, 3.0]
    """
    return counterfactual(block, np.array([weights.get(name, 0.0) for name in block.donor_names]))
