"""What blocks of the past tell of a switchback: how its estimator will err where arms are drawn block by block."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from impact_pipeline.estimators.question import Question
from impact_pipeline.outcomes.blocks import BlockValues, block_values
from impact_pipeline.stats.power import NoPlan
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.switchback import SwitchbackMeans, adjusted_means, variance_of_blocks

DRAWS = 5
"""Of arms, for the degrees of freedom of the errors: they hardly differ between draws."""


@dataclass(frozen=True, slots=True)
class BlockSpread:
    """Blocks of history: their mean, and one's `variance` around its region's and period's levels.

    `degrees_of_freedom` are those of errors clustered by region, or else `over_time`: these grow with the blocks.
    """

    regions: int
    blocks: int
    mean: float
    variance: float
    degrees_of_freedom: float
    over_time: bool

    def degrees_at(self, times: float) -> float:
        """In a study with so many times the blocks of history."""
        return self.degrees_of_freedom * times if self.over_time else self.degrees_of_freedom


def block_baseline(question: Question, treated_share: float, rng: Generator) -> BlockSpread | NoPlan:
    """From the question's control, which is all of history; each block is treated with the chance `treated_share`.

    Arms drawn block by block owe nothing to the blocks before, so how long a region's shocks last does not enter.
    """
    values = _values(question)
    if isinstance(values, NoPlan):
        return values
    drawn = [_with_arms(values, treated_share, rng) for _ in range(DRAWS)]
    found = [adjusted_means(one.blocks, one.effects) for one in drawn]
    variance = variance_of_blocks(values.blocks, drawn[0].effects)
    for refusal in (variance, *found):
        if isinstance(refusal, Refusal):
            return NoPlan(f"of history's blocks: {refusal.detail}")
    assert isinstance(variance, float)
    means = [one for one in found if isinstance(one, SwitchbackMeans)]
    past = values.blocks
    return BlockSpread(
        regions=len(np.unique(past.unit)),
        blocks=len(past.outcome),
        mean=float(past.outcome.mean()),
        variance=variance,
        degrees_of_freedom=float(np.mean([one.means.contributions[0].degrees_of_freedom for one in means])),
        over_time=means[0].errors == "newey_west",
    )


def _values(question: Question) -> BlockValues | NoPlan:
    [stratum] = question.strata
    clusters, names = stratum.control.clusters, stratum.control.cluster_names
    if clusters is None or not names:
        return NoPlan("history keeps no blocks apart")
    past = clusters.each(lambda sums: sums[0])
    untreated = past.each(np.zeros_like)
    found = block_values(names, untreated, past, ratio=question.reading.form == "ratio")
    return NoPlan(f"of history's blocks: {found.detail}") if isinstance(found, Refusal) else found


def _with_arms(values: BlockValues, treated_share: float, rng: Generator) -> BlockValues:
    treated = rng.random(len(values.blocks.outcome)) < treated_share
    return replace(values, blocks=replace(values.blocks, treated=treated))
