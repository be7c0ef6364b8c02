"""A method's fit of a block together with its placebos: what checks of a synthetic control look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
